/// The status line of a run: where it is, how it goes, how long it will take.
#pragma once

#include <string>

#include "train/metrics.h"

namespace tpretrain {

/// "step 120/1000 12% | loss 5.21 mlm 4.98 (acc 21.3%) nsp 0.69 | lr 1.2e-03 | 12.3k tok/s data
/// 0.4% | ETA 2m 05s"
std::string progress_line(const StepReport& report, int64_t total, const StepTiming& timing,
                          double seconds_left);

/// "mlm 4.98 (acc 21.3%) nsp 0.69"
std::string loss_text(const LossReport& report);

}  // namespace tpretrain
