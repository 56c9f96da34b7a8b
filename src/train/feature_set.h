/// Features of one pass over many samples, kept to be compared with those of another pass.
#pragma once

#include <cstdint>
#include <vector>

#include "tpretrain/core/contrast.h"

namespace tpretrain {

/// Holds N features, or all token features of N samples; never an N x N matrix.
class FeatureSet {
 public:
  explicit FeatureSet(FeatureKind kind = FeatureKind::kSample) : kind_(kind) {}

  /// Takes the features of one batch.
  void add(const PassOutput& output);

  int64_t samples() const { return static_cast<int64_t>(begins_.size()) - 1; }

  /// Of all samples one after the other: [N, D], or [T, D] of tokens.
  const at::Tensor& values();

  /// Samples [first, end), as an output that a ContrastTarget compares.
  PassOutput part(int64_t first, int64_t end);

  PassOutput all() { return part(0, samples()); }

 private:
  FeatureKind kind_;
  std::vector<at::Tensor> features_;   ///< of each batch; one after `values`
  std::vector<int64_t> begins_ = {0};  ///< first row of every sample, and the end
};

}  // namespace tpretrain
