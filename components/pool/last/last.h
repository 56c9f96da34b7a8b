#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"

namespace tpretrain {

struct LastPoolConfig {
  NormConfig norm;

  void describe(ConfigVisitor& v);
};

/// The last token of each sequence, optionally normed: with causal attention the only one that has
/// seen all others. (Radford et al. 2021, https://arxiv.org/abs/2103.00020, 2.4)
/// Shapes:  x [T, D], ragged in S sequences -> [S, D]
/// Params:  norm.{weight,bias} when asked for
class LastPool : public Pool {
 public:
  LastPool(const LastPoolConfig& config, const Build& build);
  at::Tensor forward(const Sequence& sequence, const Call& call) override;

  int64_t width() const override { return width_; }

 private:
  int64_t width_;
  NormLayer norm_;
};

}  // namespace tpretrain
