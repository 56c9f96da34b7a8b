#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/contrast.h"

namespace tpretrain {

struct ContrastiveConfig : ContrastConfig {
  ScaleConfig scale = {.init = 14.2857, .max = 100};
  double smoothing = 0;

  void describe(ConfigVisitor& v);
};

/// Both directions of InfoNCE between the features of two passes, over the samples of the whole
/// step. (Radford et al. 2021, https://arxiv.org/abs/2103.00020, figure 3)
/// Shapes:  features [N, P] of each pass; the loss is the mean of the two directions
/// Params:  scale [1], the logarithm of the factor, unless it is fixed
class ContrastiveTarget : public ContrastTarget {
 public:
  ContrastiveTarget(const ContrastiveConfig& config, const Build& build);

  Losses forward(Passes& passes, const Batch& batch, const Call& call) override;

 private:
  LogScale scale_;
  double smoothing_;
};

}  // namespace tpretrain
