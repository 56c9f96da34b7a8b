/// A whole pre-training run: open, resume, train, validate, checkpoint, report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tpretrain/core/recipe.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/train/trainer.h"

namespace tpretrain {

enum class ResumePolicy {
  kAuto,   ///< go on from the newest checkpoint, start when there is none
  kMust,   ///< an error when there is none
  kStep,   ///< from one step
  kFresh,  ///< the old run is moved aside
};

struct PretrainOptions {
  std::filesystem::path run;  ///< empty: runs/<name>
  ResumePolicy resume = ResumePolicy::kAuto;
  int64_t resume_step = 0;            ///< kStep
  std::optional<int64_t> stop_at;     ///< end early, no schedule changes
  std::optional<double> max_seconds;  ///< commit and end with kRequeue
  bool allow_data_change = false;
  bool progress = true;
  /// The run directory is this run's own from here on. Not called when it cannot be taken or, with
  /// kFresh, before the earlier run was moved aside.
  std::function<void(const std::filesystem::path&)> on_open;
  std::function<void(const StepReport&)> on_step;
};

struct PretrainResult {
  std::filesystem::path run;
  int64_t step = 0;
  StepReport train;                            ///< of the last step
  std::optional<LossReport> valid;             ///< of the last validation
  int64_t valid_step = 0;                      ///< after which that was
  std::map<std::string, LossReport> baseline;  ///< "unigram": beside a final validation
  bool requeue = false;                        ///< stopped by a signal or by max_seconds
  bool begun = true;  ///< state committed; false: a fresh start was stopped before it began
};

/// Errors: every class of base/error.h; the run directory tells what was reached.
PretrainResult pretrain(const Recipe& recipe, const Registry& registry,
                        const PretrainOptions& options);

/// Registers optimizers, schedules, sources, tokenizers and components.
Registry builtin_registry();

/// The library's version and build, as manifests state it.
std::string build_id();

}  // namespace tpretrain
