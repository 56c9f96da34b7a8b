#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"

namespace tpretrain {

struct MeanPoolConfig {
  enum class Tokens { kAll, kContent };

  Tokens tokens = Tokens::kContent;
  NormConfig norm;

  void describe(ConfigVisitor& v);
};

/// The mean of each sequence's tokens, optionally normed.
/// Shapes:  x [T, D], ragged in S sequences -> [S, D]
/// Params:  norm.{weight,bias} when asked for
class MeanPool : public Pool {
 public:
  MeanPool(const MeanPoolConfig& config, const Build& build);
  at::Tensor forward(const Sequence& sequence, const Call& call) override;

  int64_t width() const override { return width_; }

 private:
  MeanPoolConfig config_;
  int64_t width_;
  NormLayer norm_;
};

}  // namespace tpretrain
