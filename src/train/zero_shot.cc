#include "train/zero_shot.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/ops/ops.h"
#include "train/retrieval.h"

namespace tpretrain {
namespace {

constexpr const char* kHole = "{}";
constexpr int64_t kCutoffs[] = {1, 5};
constexpr int64_t kRows = 256;  ///< pictures of which the similarities are in memory at a time

}  // namespace

std::shared_ptr<const ItemSource> open_labelled(const ZeroShotConfig& config,
                                                const Registry& registry) {
  auto source = std::dynamic_pointer_cast<const ItemSource>(
      std::shared_ptr<const Source>(registry.make<Source>(config.source, {})));
  if (source == nullptr) {
    throw ConfigError("`validate.zero_shot.source` must give pictures with classes, but '" +
                          config.source.name + "' is of another kind",
                      "sources of pictures: shards, image_folder, table, json_lines");
  }
  return source;
}

ZeroShot::ZeroShot(const ZeroShotConfig& config, const Registry& registry, PairModel model)
    : config_(config), model_(std::move(model)), source_(open_labelled(config, registry)) {
  names_ = config.classes.empty() ? source_->classes() : config.classes;
  if (names_.empty()) {
    throw ConfigError("nothing names the classes of `validate.zero_shot`",
                      "list them in `validate.zero_shot.classes`, in the order of their labels");
  }
}

std::vector<std::string> ZeroShot::texts() const {
  std::vector<std::string> texts;
  for (const std::string& name : names_) {
    for (std::string text : config_.templates) {
      texts.push_back(text.replace(text.find(kHole), 2, name));
    }
  }
  return texts;
}

std::vector<int64_t> ZeroShot::labels_of(const std::vector<int64_t>& items) const {
  std::vector<int64_t> labels;
  for (const int64_t index : items) {
    const Item item = source_->read(index);
    const int64_t label = item.label.value_or(-1);
    if (label < 0 || label >= static_cast<int64_t>(names_.size())) {
      throw DataError("the picture '" + item.name + "' " +
                      (item.label ? "is of class " + std::to_string(label) + ", but there are " +
                                        with_commas(static_cast<int64_t>(names_.size())) + " names"
                                  : "has no class"));
    }
    labels.push_back(label);
  }
  return labels;
}

at::Tensor ZeroShot::similarity(const PassOutput& pictures, FeatureSet& texts) const {
  const auto classes = static_cast<int64_t>(names_.size());
  const auto templates = static_cast<int64_t>(config_.templates.size());
  if (model_.target().kind() == FeatureKind::kToken) {
    return model_.target()
        .similarity(pictures, texts.all())
        .view({-1, classes, templates})
        .mean(at::IntArrayRef{2});
  }
  PassOutput names;
  names.projected =
      ops::normalize(texts.values()).view({classes, templates, -1}).mean(at::IntArrayRef{1});
  return model_.target().similarity(pictures, names);
}

std::map<int64_t, double> ZeroShot::run() const {
  FeatureSet names = model_.texts(texts());
  PairModel::Pictures pictures = model_.pictures(source_, config_.samples);
  const std::vector<int64_t> labels = labels_of(pictures.items);
  std::vector<int64_t> classes(names_.size());
  std::iota(classes.begin(), classes.end(), 0);
  const c10::NoGradGuard no_grad;
  std::map<int64_t, int64_t> hits;
  for (const int64_t k : kCutoffs) {
    hits[k] = 0;
  }
  const auto samples = static_cast<int64_t>(labels.size());
  for (int64_t first = 0; first < samples; first += kRows) {
    const int64_t end = std::min(samples, first + kRows);
    const std::span<const int64_t> rows(labels.begin() + first, labels.begin() + end);
    count_hits(similarity(pictures.features.part(first, end), names), rows, classes, hits);
  }
  std::map<int64_t, double> shares;
  for (const auto& [k, count] : hits) {
    shares[k] = static_cast<double>(count) / static_cast<double>(samples);
  }
  return shares;
}

}  // namespace tpretrain
