/// What a report needs of a run directory, read only: a run may be training meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tpretrain/base/fs.h"
#include "train/report/metrics_log.h"
#include "train/retrieved.h"

namespace tpretrain::report {

/// "unigram" -> "loss.mlm" -> value: levels that curves are compared with.
using Baselines = std::map<std::string, std::map<std::string, double>>;

struct RunFiles {
  std::string name;  ///< of the run, else of the folder
  MetricsLog metrics;
  Baselines baselines;                ///< of baseline.json
  std::vector<int64_t> checkpoints;   ///< steps, ascending
  std::optional<int64_t> committed;   ///< the last step that the ledger names
  std::string program;                ///< that wrote the newest checkpoint: "tpretrain 0.1.0, ..."
  std::vector<Retrieved> retrieved;   ///< of retrieved.json
  std::vector<std::string> problems;  ///< files that are there and could not be read, and why
};

/// Errors: NotFoundError when there is no metrics.jsonl, IoError when it cannot be read. Other
/// files may be absent; what is wrong with them goes to `problems`.
RunFiles read_run(FileSystem& file_system, const fs::path& run);

/// baseline.json: {"unigram": {"loss.mlm": 6.77, ...}}. Errors: DataError.
Baselines parse_baselines(std::string_view text);

}  // namespace tpretrain::report
