#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/contrast.h"

namespace tpretrain {

struct LateInteractionConfig : ContrastConfig {
  ScaleConfig scale = {.init = 14.2857, .max = 100};
  double smoothing = 0;

  void describe(ConfigVisitor& v);
};

/// Pictures and texts are compared token by token: the similarity of two samples is the mean over
/// the tokens of one of the best match in the other, and each direction has its own.
/// (Yao et al. 2022, https://arxiv.org/abs/2111.07783, 3.1)
/// Shapes:  features [T, P] of each pass, one a token
/// Params:  scale [1], the logarithm of the factor, unless it is fixed
class LateInteractionTarget : public ContrastTarget {
 public:
  LateInteractionTarget(const LateInteractionConfig& config, const Build& build);

  Losses forward(Passes& passes, const Batch& batch, const Call& call) override;

  at::Tensor similarity(const PassOutput& a, const PassOutput& b) const override;

 private:
  LogScale scale_;
  double smoothing_;
};

}  // namespace tpretrain
