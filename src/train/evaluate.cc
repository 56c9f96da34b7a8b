#include "train/evaluate.h"

#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"
#include "tpretrain/train/pipeline.h"
#include "train/baseline.h"
#include "train/zero_shot.h"

namespace tpretrain {
namespace {

std::map<std::string, LossReport> baselines_if_possible(
    const Recipe& recipe, const Registry& registry,
    const std::shared_ptr<const Tokenizer>& tokenizer, const Model& model,
    const ValidationSet& validation) {
  if (!recipe.config.data.train) {
    return {};
  }
  try {
    const OpenData train = open_data(recipe, registry, tokenizer, Split::kTrain);
    return baselines(model, train.source, tokenizer.get(), validation);
  } catch (const NotFoundError& error) {
    log::warn("eval", std::string("no baseline without the training data: ") + error.what());
    return {};
  }
}

}  // namespace

EvaluateResult evaluate(const Recipe& recipe, const Registry& registry, const WeightsFrom& from) {
  configure_compute(recipe.config.train);
  const auto tokenizer = open_tokenizer(recipe, registry);
  const OpenData data = open_data(recipe, registry, tokenizer, Split::kValid);
  const auto model = make_model(recipe, registry, tokenizer.get(), *data.processor);
  EvaluateResult result;
  result.weights = load_weights(*model, from);
  ValidationOptions options;
  options.samples = recipe.config.validate.samples;
  options.micro_batch = recipe.config.train.micro();
  const ValidationSet validation(data.stream, data.processor->fields(), data.processor->views(),
                                 options);
  result.samples = validation.samples();
  result.valid = evaluate_model(*model, static_cast<uint64_t>(recipe.config.seed),
                                [&](const auto& use) { validation.for_each(use); });
  if (recipe.config.validate.zero_shot) {
    PairModel pair(model, data.processor, options.micro_batch);
    result.valid.zero_shot =
        ZeroShot(*recipe.config.validate.zero_shot, registry, std::move(pair)).run();
  }
  result.baseline = baselines_if_possible(recipe, registry, tokenizer, *model, validation);
  return result;
}

}  // namespace tpretrain
