/// Parameters for a model that is used, not trained: out of a run, or out of one file.
#pragma once

#include <cstdint>
#include <optional>

#include "tpretrain/base/fs.h"
#include "tpretrain/core/model.h"

namespace tpretrain {

struct WeightsFrom {
  fs::path file;                ///< a safetensors file; empty: a checkpoint of `run`
  fs::path run;                 ///< a run directory
  std::optional<int64_t> step;  ///< of the checkpoint; absent: the newest that is good
};

struct LoadedWeights {
  fs::path path;
  std::optional<int64_t> step;  ///< absent for a file
};

/// Fills the model. Damaged checkpoints are passed over with a warning.
/// Errors: CheckpointError (nothing good to load), NotFoundError, ConfigError (does not fit).
LoadedWeights load_weights(Model& model, const WeightsFrom& from);

}  // namespace tpretrain
