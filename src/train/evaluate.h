/// Held-out loss of trained parameters, with what a trivial predictor reaches beside it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tpretrain/core/recipe.h"
#include "tpretrain/train/trainer.h"
#include "train/weights.h"

namespace tpretrain {

struct EvaluateResult {
  LoadedWeights weights;
  int64_t samples = 0;
  LossReport valid;
  std::map<std::string, LossReport> baseline;  ///< "unigram"; empty when training data are away
};

/// Errors: ConfigError without `data.valid`, and those of load_weights and open_data.
EvaluateResult evaluate(const Recipe& recipe, const Registry& registry, const WeightsFrom& from);

}  // namespace tpretrain
