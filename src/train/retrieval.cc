#include "train/retrieval.h"

#include <algorithm>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

constexpr int64_t kRows = 256;  ///< samples of which the similarities are in memory at a time
constexpr int64_t kCutoffs[] = {1, 5, 10};

}  // namespace

/// Features of one pass over all batches so far.
struct Retrieval::Side {
  FeatureKind kind;
  std::vector<at::Tensor> features;
  std::vector<int64_t> begins = {0};  ///< first row of every sample, and the end

  void add(const PassOutput& output) {
    features.push_back(output.features().detach());
    if (kind == FeatureKind::kSample) {
      for (int64_t i = 0; i < output.features().size(0); ++i) {
        begins.push_back(begins.back() + 1);
      }
      return;
    }
    const at::Tensor offsets = output.sequence.layout.offsets.to(at::kCPU).contiguous();
    const auto* data = offsets.const_data_ptr<int32_t>();
    for (int64_t s = 0; s + 1 < offsets.size(0); ++s) {
      begins.push_back(begins.back() + data[s + 1] - data[s]);
    }
  }

  PassOutput join() const {
    PassOutput output;
    output.projected = at::cat(features);
    return output;
  }

  /// Samples [first, end) of `whole`.
  PassOutput part(const PassOutput& whole, int64_t first, int64_t end) const {
    const int64_t begin = begins[static_cast<size_t>(first)];
    PassOutput output;
    output.projected = whole.projected.slice(0, begin, begins[static_cast<size_t>(end)]);
    std::vector<int32_t> offsets;
    for (int64_t s = first; s <= end; ++s) {
      offsets.push_back(static_cast<int32_t>(begins[static_cast<size_t>(s)] - begin));
    }
    output.sequence.layout.offsets =
        at::tensor(offsets, at::TensorOptions(whole.projected.device()).dtype(at::kInt));
    return output;
  }
};

void count_hits(const at::Tensor& similarity, const std::vector<int64_t>& groups, int64_t first_row,
                std::map<int64_t, int64_t>& hits) {
  const at::Tensor values = similarity.to(at::kCPU, at::kFloat).contiguous();
  const int64_t columns = values.size(1);
  TP_ASSERT(columns == static_cast<int64_t>(groups.size()));
  for (int64_t r = 0; r < values.size(0); ++r) {
    const float* row = values.const_data_ptr<float>() + r * columns;
    const int64_t own = groups[static_cast<size_t>(first_row + r)];
    int64_t best = -1;
    for (int64_t n = 0; n < columns; ++n) {
      if (groups[static_cast<size_t>(n)] == own && (best < 0 || row[n] > row[best])) {
        best = n;
      }
    }
    int64_t before = 0;
    for (int64_t n = 0; n < columns; ++n) {
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
        sides_[pass].kind = contrast->kind();
      }
      targets_.push_back(std::move(contrast));
    }
  }
}

Retrieval::~Retrieval() = default;

void Retrieval::add(Passes& passes, const Batch& batch) {
  if (targets_.empty()) {
    return;
  }
  for (auto& [pass, side] : sides_) {
    side.add(passes.get(pass));
  }
  const at::Tensor ids = batch.has("pair.id") ? batch.at("pair.id") : batch.at("ordinal");
  const at::Tensor groups = ids.to(at::kCPU, at::kLong).contiguous();
  groups_.insert(groups_.end(), groups.const_data_ptr<int64_t>(),
                 groups.const_data_ptr<int64_t>() + groups.numel());
}

std::map<std::string, std::vector<Recall>> Retrieval::finish() const {
  std::map<std::string, std::vector<Recall>> result;
  const auto samples = static_cast<int64_t>(groups_.size());
  if (samples == 0) {
    return result;
  }
  for (const auto& target : targets_) {
    const std::vector<std::string> names = target->passes();
    for (const auto& [from, to] : {std::pair{names[0], names[1]}, std::pair{names[1], names[0]}}) {
      const Side& rows = sides_.at(from);
      const PassOutput all_rows = rows.join();
      const Side& columns = sides_.at(to);
      const PassOutput others = columns.part(columns.join(), 0, samples);
      std::map<int64_t, int64_t> hits;
      for (const int64_t k : kCutoffs) {
        hits[k] = 0;
      }
      for (int64_t first = 0; first < samples; first += kRows) {
        const int64_t end = std::min(samples, first + kRows);
        count_hits(target->similarity(rows.part(all_rows, first, end), others), groups_, first,
                   hits);
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
