#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"

namespace tpretrain {

struct AttentionPoolConfig {
  int64_t heads = 12;
  int64_t ffn = 0;
  NormConfig norm = NormConfig::layer(1e-6);
  ops::Activation activation = ops::Activation::kGelu;
  double init = 0.02;

  void describe(ConfigVisitor& v);
};

/// One learned query attends over each sequence, then a feed-forward part with a residual.
/// (Zhai et al. 2022, https://arxiv.org/abs/2106.04560, 3: the MAP head)
/// Shapes:  x [T, D], ragged in S sequences -> [S, D]
///          y = output(attention(query(probe), kv(x))); y + ffn(norm(y))
/// Params:  probe [1, D], query, kv [2D, D], output, norm, ffn.{input,output}
class AttentionPool : public Pool {
 public:
  AttentionPool(const AttentionPoolConfig& config, const Build& build);
  at::Tensor forward(const Sequence& sequence, const Call& call) override;

  int64_t width() const override { return width_; }

 private:
  AttentionPoolConfig config_;
  int64_t width_;
  Parameter probe_;
  LinearLayer query_;
  LinearLayer kv_;
  LinearLayer output_;
  NormLayer norm_;
  LinearLayer ffn_input_;
  LinearLayer ffn_output_;
};

}  // namespace tpretrain
