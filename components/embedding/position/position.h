#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"

namespace tpretrain {

struct PositionEmbeddingConfig {
  enum class Kind { kLearned, kSinusoidal };
  Kind kind = Kind::kLearned;
  int64_t max = 0;
  int64_t offset = 0;
  double init = 0.02;

  void describe(ConfigVisitor& v);
};

/// One vector per position of a token in its sequence: learned, or the fixed sines and cosines of
/// Vaswani et al. 2017 (https://arxiv.org/abs/1706.03762, 3.5), interleaved.
/// Params:  weight [offset + max, D] (learned); none (sinusoidal: a constant, in no checkpoint)
/// Errors:  DataError naming `max` when a sequence is longer
class PositionEmbedding : public Embedding {
 public:
  PositionEmbedding(const PositionEmbeddingConfig& config, const Build& build);
  void add(const View& view, Layout& layout, EmbeddingSum& sum, const Call& call) override;

 private:
  const at::Tensor& table(const EmbeddingSum& sum, const Layout& layout);

  int64_t max_;
  int64_t offset_;
  int64_t width_;
  Parameter weight_;     ///< empty for sinusoidal
  at::Tensor constant_;  ///< made on first use, where and as the rest of the sum is
};

}  // namespace tpretrain
