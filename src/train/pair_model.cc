#include "train/pair_model.h"

#include <algorithm>
#include <utility>

#include <c10/core/GradMode.h>

#include "data/items/probe_items.h"
#include "tpretrain/base/error.h"
#include "tpretrain/data/loader.h"
#include "train/retrieval.h"

namespace tpretrain {
namespace {

struct PairTarget {
  std::shared_ptr<const ContrastTarget> target;  ///< null: none
  std::string image_pass;
  std::string text_pass;
};

/// The first pass over a view with a field of this name, "" for none.
std::string pass_with(const Model& model, const Processor& processor,
                      const std::vector<std::string>& passes, const std::string& field) {
  const std::vector<Field> fields = processor.fields();
  for (const std::string& pass : passes) {
    const std::string name = model.pass_info(pass).view + "." + field;
    if (std::any_of(fields.begin(), fields.end(),
                    [&name](const Field& written) { return written.name == name; })) {
      return pass;
    }
  }
  return "";
}

PairTarget find_target(const Model& model, const Processor& processor) {
  for (const auto& target : model.targets()) {
    PairTarget found{std::dynamic_pointer_cast<const ContrastTarget>(target), "", ""};
    if (found.target != nullptr) {
      const std::vector<std::string> passes = found.target->passes();
      found.image_pass = pass_with(model, processor, passes, "pixels");
      found.text_pass = pass_with(model, processor, passes, "ids");
      if (!found.image_pass.empty() && !found.text_pass.empty()) {
        return found;
      }
    }
  }
  return {};
}

}  // namespace

PairModel::PairModel(std::shared_ptr<Model> model, std::shared_ptr<const Processor> processor,
                     int64_t batch)
    : model_(std::move(model)), processor_(std::move(processor)), batch_(batch) {
  PairTarget found = find_target(*model_, *processor_);
  if (found.target == nullptr) {
    throw ConfigError(
        "no target of the model compares pictures with texts",
        "this needs a target such as `contrastive` between an image and a text tower");
  }
  target_ = std::move(found.target);
  image_pass_ = std::move(found.image_pass);
  text_pass_ = std::move(found.text_pass);
}

bool PairModel::fits(const Model& model, const Processor& processor) {
  return find_target(model, processor).target != nullptr;
}

template <typename Use>
void PairModel::run(const std::string& pass, std::shared_ptr<const Source> source, int64_t limit,
                    Use use) const {
  const c10::NoGradGuard no_grad;
  const ValidationSet set(processor_->open(std::move(source)), processor_->fields(),
                          processor_->views(), {.samples = limit, .micro_batch = batch_});
  set.for_each([&](const Batch& batch) {
    use(model_->passes(batch, {.training = false, .seed = 1})->get(pass), batch);
  });
}

FeatureSet PairModel::texts(std::vector<std::string> texts) const {
  FeatureSet features(target_->kind());
  run(text_pass_, std::make_shared<data::TextItems>(std::move(texts)), 0,
      [&features](const PassOutput& output, const Batch&) { features.add(output); });
  return features;
}

PairModel::Pictures PairModel::pictures(const std::shared_ptr<const ItemSource>& source,
                                        int64_t limit) const {
  Pictures pictures{FeatureSet(target_->kind()), {}};
  run(image_pass_, std::make_shared<data::PictureItems>(source), limit,
      [&pictures](const PassOutput& output, const Batch& batch) {
        pictures.features.add(output);
        const std::vector<int64_t> items = items_of(batch);
        pictures.items.insert(pictures.items.end(), items.begin(), items.end());
      });
  return pictures;
}

}  // namespace tpretrain
