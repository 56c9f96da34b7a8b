/// metrics.jsonl: one JSON object a line, append-only while running, cut to the step at resume.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tpretrain/base/fs.h"
#include "tpretrain/train/trainer.h"

namespace tpretrain {

/// Numbers of a line that are not part of the result: they differ from run to run.
struct StepTiming {
  double tokens_per_s = 0;
  double samples_per_s = 0;
  double data_wait = 0;  ///< share of the time since the last line
  double seconds = 0;    ///< since the program began
};

class MetricsFile {
 public:
  static constexpr int kSchema = 1;

  /// Opens for appending; the first line of a new file states schema, run and recipe. Lines of
  /// steps after `resumed_step` (a run that went on past the checkpoint it resumes from) and torn
  /// lines are removed; an IoError leaves the file as it was.
  MetricsFile(const fs::path& path, const std::string& run, const std::string& recipe_hash,
              int64_t resumed_step);

  void write_step(const StepReport& report, const TrainState& state, const StepTiming& timing);
  void write_valid(const LossReport& report, const TrainState& state, const StepTiming& timing);

 private:
  void write(const std::string& line);

  fs::path path_;
  std::ofstream out_;
  bool torn_ = false;  ///< the last line may be there in part
  bool warned_ = false;
};

/// A report as metrics.jsonl and `--json` name it: loss, loss.<target>, accuracy.<target>,
/// recall@<k>.<target>.<from>_to_<to>, zero_shot@<k>.
std::vector<std::pair<std::string, double>> named_values(const LossReport& report);

/// baseline.json: {"unigram": {"loss.mlm": 6.77, ...}}, beside metrics.jsonl. A failure is a
/// warning, as with metrics.jsonl.
void write_baselines(const fs::path& path, const std::map<std::string, LossReport>& baselines);

/// Largest resident memory of this process so far, in bytes.
int64_t peak_memory();

}  // namespace tpretrain
