#include "train/retrieval_examples.h"

#include <c10/core/GradMode.h>

#include "data/shard/png_writer.h"
#include "data/shard/shrink.h"
#include "train/rank.h"

namespace tpretrain {
namespace {

constexpr int64_t kCandidates = 1000;
constexpr int64_t kQueries = 6;  ///< in each direction
constexpr int64_t kFound = 5;
constexpr int64_t kSide = 96;  ///< pixels of a thumbnail's longer side

/// Pictures and texts of the same items, in the same order.
struct HeldOut {
  std::vector<int64_t> items;
  std::vector<std::string> texts;
  FeatureSet pictures;
  FeatureSet captions;
};

HeldOut open_held_out(const PairModel& model, const std::shared_ptr<const ItemSource>& items) {
  PairModel::Pictures pictures = model.pictures(items, kCandidates);
  HeldOut held{std::move(pictures.items), {}, std::move(pictures.features), FeatureSet()};
  for (const int64_t item : held.items) {
    const std::vector<std::string> captions = items->read(item).captions;
    held.texts.push_back(captions.empty() || captions[0].empty() ? "(no caption)" : captions[0]);
  }
  held.captions = model.texts(held.texts);
  return held;
}

RetrievedItem picture_item(const ItemSource& items, int64_t index) {
  const Item item = items.read(index);
  return {"", png_data_uri(data::write_png(data::thumbnail(*item.image, kSide)))};
}

/// The item of row `at`, with its picture or with its text.
RetrievedItem item_at(const HeldOut& held, size_t at, bool picture, const ItemSource& items) {
  return picture ? picture_item(items, held.items[at]) : RetrievedItem{held.texts[at], ""};
}

Retrieved example(const PairModel& model, const HeldOut& held, const ItemSource& items, int64_t row,
                  bool of_picture, FeatureSet& from, FeatureSet& to) {
  const auto at = static_cast<size_t>(row);
  Retrieved result{item_at(held, at, of_picture, items), {}};
  const at::Tensor scores =
      model.target().similarity(from.part(row, row + 1), to.all()).to(at::kCPU, at::kFloat);
  for (const int64_t column : best_of(scores, kFound)) {
    const auto found = static_cast<size_t>(column);
    const bool right = held.items[found] == held.items[at] || held.texts[found] == held.texts[at];
    result.found.push_back(
        {item_at(held, found, !of_picture, items), scores[0][column].item<float>(), right});
  }
  return result;
}

}  // namespace

std::vector<Retrieved> retrieval_examples(const PairModel& model,
                                          const std::shared_ptr<const ItemSource>& items) {
  const c10::NoGradGuard no_grad;
  HeldOut held = open_held_out(model, items);
  const int64_t count = held.captions.samples();
  const int64_t queries = std::min(kQueries, count);
  std::vector<Retrieved> examples;
  for (const bool of_picture : {false, true}) {
    FeatureSet& from = of_picture ? held.pictures : held.captions;
    FeatureSet& to = of_picture ? held.captions : held.pictures;
    for (int64_t i = 0; i < queries; ++i) {
      examples.push_back(example(model, held, *items, i * count / queries, of_picture, from, to));
    }
  }
  return examples;
}

}  // namespace tpretrain
