/// The model of a recipe with trained parameters: to be asked, not to be trained.
#pragma once

#include <cstdint>
#include <memory>

#include "tpretrain/core/model.h"
#include "tpretrain/core/processor.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/core/tokenizer.h"
#include "train/weights.h"

namespace tpretrain {

struct TrainedModel {
  std::shared_ptr<const Tokenizer> tokenizer;  ///< null when the recipe has none
  std::shared_ptr<const Processor> processor;  ///< of held-out samples: it augments nothing
  std::shared_ptr<Model> model;
  LoadedWeights weights;
};

/// Errors: those of the recipe's parts and of load_weights.
TrainedModel load_trained(const Recipe& recipe, const Registry& registry, const WeightsFrom& from);

}  // namespace tpretrain
