#include "train/rank.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <c10/core/GradMode.h>

#include "data/items/probe_items.h"
#include "tpretrain/base/error.h"

namespace tpretrain {

std::vector<int64_t> best_of(const at::Tensor& scores, int64_t count) {
  const at::Tensor values = scores.to(at::kCPU, at::kFloat).contiguous().view({-1});
  const auto* data = values.const_data_ptr<float>();
  std::vector<int64_t> order(static_cast<size_t>(values.numel()));
  std::iota(order.begin(), order.end(), 0);
  const int64_t kept = std::min(count, values.numel());
  std::partial_sort(order.begin(), order.begin() + kept, order.end(), [data](int64_t a, int64_t b) {
    return data[a] != data[b] ? data[a] > data[b] : a < b;
  });
  order.resize(static_cast<size_t>(kept));
  return order;
}

Ranker::Side& Ranker::texts() {
  if (!texts_) {
    std::vector<std::string> names = candidates_.texts;
    const int64_t items = names.empty() ? candidates_.items->items() : 0;
    for (int64_t i = 0; i < items; ++i) {
      const std::vector<std::string> captions = candidates_.items->read(i).captions;
      names.insert(names.end(), captions.begin(), captions.end());
    }
    std::set<std::string> seen;
    std::erase_if(names, [&seen](const std::string& text) { return !seen.insert(text).second; });
    if (names.empty()) {
      throw DataError("there is no text to choose from");
    }
    texts_ = Side{names, model_.texts(names)};
  }
  return *texts_;
}

Ranker::Side& Ranker::pictures() {
  if (!pictures_) {
    PairModel::Pictures found = model_.pictures(candidates_.items);
    Side side{{}, std::move(found.features)};
    for (const int64_t item : found.items) {
      side.names.push_back(candidates_.items->read(item).name);
    }
    pictures_ = std::move(side);
  }
  return *pictures_;
}

std::vector<RankedItem> Ranker::rank(FeatureSet query, Side& side, int64_t count) const {
  const c10::NoGradGuard no_grad;
  const at::Tensor scores =
      model_.target().similarity(query.all(), side.features.all()).to(at::kCPU, at::kFloat);
  std::vector<RankedItem> ranked;
  for (const int64_t i : best_of(scores, count)) {
    ranked.push_back({side.names[static_cast<size_t>(i)], scores[0][i].item<float>()});
  }
  return ranked;
}

std::vector<RankedItem> Ranker::texts_for(const std::string& picture, int64_t count) {
  const auto query = std::make_shared<data::PictureFiles>(std::vector<std::string>{picture});
  return rank(model_.pictures(query).features, texts(), count);
}

std::vector<RankedItem> Ranker::pictures_for(const std::string& text, int64_t count) {
  return rank(model_.texts({text}), pictures(), count);
}

}  // namespace tpretrain
