#include "train/trained_model.h"

#include "tpretrain/train/pipeline.h"

namespace tpretrain {

TrainedModel load_trained(const Recipe& recipe, const Registry& registry, const WeightsFrom& from) {
  configure_compute(recipe.config.train);
  TrainedModel trained;
  trained.tokenizer = open_tokenizer(recipe, registry);
  trained.processor =
      make_processor(recipe, registry, trained.tokenizer, Split::kValid, ProcessorUse::kSamples);
  trained.model = make_model(recipe, registry, trained.tokenizer.get(), *trained.processor);
  trained.weights = load_weights(*trained.model, from);
  return trained;
}

}  // namespace tpretrain
