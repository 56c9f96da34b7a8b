#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"

namespace tpretrain {

struct ClsPoolConfig {
  enum class Dense { kNone, kTanh };
  Dense dense = Dense::kNone;
  NormConfig norm;

  void describe(ConfigVisitor& v);
};

/// The first token of each sequence, optionally normed and sent through a dense layer with tanh.
/// (Devlin et al. 2019, https://arxiv.org/abs/1810.04805, 3.1)
/// Shapes:  x [T, D], ragged in S sequences -> [S, D]
/// Params:  norm.{weight,bias}, dense.{weight,bias}, each when asked for
class ClsPool : public Pool {
 public:
  ClsPool(const ClsPoolConfig& config, const Build& build);
  at::Tensor forward(const Sequence& sequence, const Call& call) override;

  int64_t width() const override { return width_; }

 private:
  int64_t width_;
  NormLayer norm_;
  LinearLayer dense_;  ///< without weight: none
};

}  // namespace tpretrain
