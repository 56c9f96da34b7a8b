/// Between the state of a run and the checkpoint store: what is saved and when a saved state fits.
#pragma once

#include <optional>
#include <string>

#include "tpretrain/core/recipe.h"
#include "tpretrain/train/checkpoint.h"
#include "tpretrain/train/pretrain.h"
#include "tpretrain/train/trainer.h"

namespace tpretrain {

/// What a checkpoint must agree on with the run that resumes it.
struct RunIdentity {
  std::string recipe_hash;
  std::string plan_hash;
  std::string tokenizer_hash;
  std::string data_hash;
  int64_t samples = 0;  ///< that are made of the data
  int64_t batch = 0;
  int64_t seed = 0;
  std::string blas;
  int virtual_shards = 1;
};

class RunCheckpoints {
 public:
  RunCheckpoints(CheckpointStore& store, Trainer& trainer, RunIdentity identity);

  /// Loads the state that the policy asks for. None: the run starts at step 0.
  /// Errors: CheckpointError (expected but missing or corrupt), ConfigError (does not fit).
  std::optional<int64_t> resume(const PretrainOptions& options);

  /// Commits the state. A failure (disk full) is a warning, and training goes on; after three in a
  /// row it is an IoError.
  void save();

  /// The last step that was committed or resumed from; -1: none.
  int64_t last_step() const noexcept { return last_step_; }

 private:
  void check_fits(const Checkpoint& checkpoint, bool allow_data_change) const;
  void load(const Checkpoint& checkpoint);
  void commit();
  std::string history_with(int64_t first_step) const;

  CheckpointStore& store_;
  Trainer& trainer_;
  RunIdentity identity_;
  std::string history_ = "[]";
  int64_t last_step_ = -1;
  int failures_ = 0;
};

}  // namespace tpretrain
