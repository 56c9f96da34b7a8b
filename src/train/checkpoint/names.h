/// Names inside a run directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tpretrain/base/fs.h"

namespace tpretrain {

inline constexpr const char* kManifestName = "MANIFEST.json";
inline constexpr const char* kCheckpointsName = "checkpoints";
inline constexpr const char* kLedgerName = "ledger";

/// A directory of `checkpoints`: "step-0001000", or "step-0001000.<why>.<run id>".
struct StepName {
  int64_t step = 0;
  std::string why;  ///< "tmp", "bad", "old" or "del"; empty for a committed step
  std::string run_id;
};

std::string step_name(int64_t step);
std::string step_name(int64_t step, std::string_view why, std::string_view run_id);
/// None for names that this program never writes.
std::optional<StepName> parse_step_name(std::string_view name);

bool valid_run_id(std::string_view id);  ///< [A-Za-z0-9_-]{1,64}
/// A file of a checkpoint: [A-Za-z0-9._-]{1,100}, not the manifest, no leading dot.
bool valid_file_name(std::string_view name);

}  // namespace tpretrain
