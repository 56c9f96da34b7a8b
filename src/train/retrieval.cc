#include "train/retrieval.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

constexpr int64_t kRows = 256;  ///< samples of which the similarities are in memory at a time
constexpr int64_t kCutoffs[] = {1, 5, 10};

}  // namespace

std::vector<int64_t> items_of(const Batch& batch) {
  const at::Tensor ids = batch.has("pair.id") ? batch.at("pair.id") : batch.at("ordinal");
  const at::Tensor items = ids.to(at::kCPU, at::kLong).contiguous();
  const auto* data = items.const_data_ptr<int64_t>();
  return {data, data + items.numel()};
}

void count_hits(const at::Tensor& similarity, std::span<const int64_t> rows,
                std::span<const int64_t> columns, std::map<int64_t, int64_t>& hits) {
  const at::Tensor values = similarity.to(at::kCPU, at::kFloat).contiguous();
  TP_ASSERT(values.size(0) == static_cast<int64_t>(rows.size()));
  TP_ASSERT(values.size(1) == static_cast<int64_t>(columns.size()));
  for (size_t r = 0; r < rows.size(); ++r) {
    const float* row = values.const_data_ptr<float>() + r * columns.size();
    size_t best = columns.size();
    for (size_t n = 0; n < columns.size(); ++n) {
      if (columns[n] == rows[r] && (best == columns.size() || row[n] > row[best])) {
        best = n;
      }
    }
    TP_ASSERT(best < columns.size());
    if (std::isnan(row[best])) {
      continue;  // a broken model finds nothing
    }
    int64_t before = 0;
    for (size_t n = 0; n < columns.size(); ++n) {
      before += row[n] > row[best] || (row[n] == row[best] && n < best) ? 1 : 0;
    }
    for (auto& [k, count] : hits) {
      count += before < k ? 1 : 0;
    }
  }
}

Retrieval::Retrieval(const Model& model) {
  for (const auto& target : model.targets()) {
    if (auto contrast = std::dynamic_pointer_cast<const ContrastTarget>(target)) {
      for (const std::string& pass : contrast->passes()) {
        sides_[pass] = FeatureSet(contrast->kind());
      }
      targets_.push_back(std::move(contrast));
    }
  }
}

void Retrieval::add(Passes& passes, const Batch& batch) {
  if (targets_.empty()) {
    return;
  }
  for (auto& [pass, side] : sides_) {
    side.add(passes.get(pass));
  }
  const std::vector<int64_t> items = items_of(batch);
  groups_.insert(groups_.end(), items.begin(), items.end());
}

std::map<std::string, std::vector<Recall>> Retrieval::finish() {
  std::map<std::string, std::vector<Recall>> result;
  const auto samples = static_cast<int64_t>(groups_.size());
  if (samples == 0) {
    return result;
  }
  for (const auto& target : targets_) {
    const std::vector<std::string> names = target->passes();
    for (const auto& [from, to] : {std::pair{names[0], names[1]}, std::pair{names[1], names[0]}}) {
      const PassOutput others = sides_.at(to).all();
      std::map<int64_t, int64_t> hits;
      for (const int64_t k : kCutoffs) {
        hits[k] = 0;
      }
      for (int64_t first = 0; first < samples; first += kRows) {
        const int64_t end = std::min(samples, first + kRows);
        const std::span<const int64_t> kinds = groups_;
        count_hits(target->similarity(sides_.at(from).part(first, end), others),
                   kinds.subspan(static_cast<size_t>(first), static_cast<size_t>(end - first)),
                   kinds, hits);
      }
      Recall recall{from, to, samples, {}};
      for (const auto& [k, count] : hits) {
        recall.at[k] = static_cast<double>(count) / static_cast<double>(samples);
      }
      result[target->name()].push_back(std::move(recall));
    }
  }
  return result;
}

}  // namespace tpretrain
