#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/contrast.h"

namespace tpretrain {

struct SigmoidContrastiveConfig : ContrastConfig {
  ScaleConfig scale = {.init = 10, .min = 1e-3, .max = 1e6};
  double bias = -10;

  void describe(ConfigVisitor& v);
};

/// Each pair of samples is a yes-or-no question: no softmax over the step.
/// (Zhai et al. 2023, https://arxiv.org/abs/2303.15343, 3.2)
/// Shapes:  features [N, P] of each pass; the sum over all N x N pairs is divided by N
/// Params:  scale [1], the logarithm of the factor, unless it is fixed; bias [1]
class SigmoidContrastiveTarget : public ContrastTarget {
 public:
  SigmoidContrastiveTarget(const SigmoidContrastiveConfig& config, const Build& build);

  Losses forward(Passes& passes, const Batch& batch, const Call& call) override;

 private:
  LogScale scale_;
  Parameter bias_;
};

}  // namespace tpretrain
