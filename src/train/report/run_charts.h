/// Which charts the numbers of a run make.
#pragma once

#include <string>
#include <vector>

#include "train/report/run_files.h"
#include "train/report/svg_chart.h"

namespace tpretrain::report {

struct ChartGroup {
  std::string title;
  std::vector<Chart> charts;  ///< at least one
};

/// Losses per target, accuracies, recalls and zero-shot with the levels of `baselines`, then
/// optimization (learning rate, gradient norm) and speed. Groups without numbers are left out.
std::vector<ChartGroup> run_charts(const MetricsLog& log, const Baselines& baselines);

/// "mlm" of "loss.mlm", over all splits, sorted.
std::vector<std::string> names_after(const MetricsLog& log, const std::string& prefix);

/// Shown as a percentage: accuracy.*, recall@*, zero_shot@*, data_wait.
Unit unit_of(const std::string& name);

}  // namespace tpretrain::report
