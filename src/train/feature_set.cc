#include "train/feature_set.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include "tpretrain/base/error.h"

namespace tpretrain {

void FeatureSet::add(const PassOutput& output) {
  features_.push_back(output.features().detach());
  if (kind_ == FeatureKind::kSample) {
    for (int64_t i = 0; i < output.features().size(0); ++i) {
      begins_.push_back(begins_.back() + 1);
    }
    return;
  }
  const at::Tensor offsets = output.sequence.layout.offsets.to(at::kCPU).contiguous();
  const auto* data = offsets.const_data_ptr<int32_t>();
  for (int64_t s = 0; s + 1 < offsets.size(0); ++s) {
    begins_.push_back(begins_.back() + data[s + 1] - data[s]);
  }
}

const at::Tensor& FeatureSet::values() {
  TP_ASSERT(!features_.empty());
  if (features_.size() > 1) {
    features_ = {at::cat(features_)};
  }
  return features_[0];
}

PassOutput FeatureSet::part(int64_t first, int64_t end) {
  const int64_t begin = begins_[static_cast<size_t>(first)];
  PassOutput output;
  output.projected = values().slice(0, begin, begins_[static_cast<size_t>(end)]);
  std::vector<int32_t> offsets;
  for (int64_t s = first; s <= end; ++s) {
    offsets.push_back(static_cast<int32_t>(begins_[static_cast<size_t>(s)] - begin));
  }
  output.sequence.layout.offsets =
      at::tensor(offsets, at::TensorOptions(output.projected.device()).dtype(at::kInt));
  return output;
}

}  // namespace tpretrain
