#pragma once

#include <string>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"
#include "tpretrain/core/target_config.h"

namespace tpretrain {

struct ClassifyConfig : TargetConfig {
  int64_t classes = 1000;
  std::string labels = "class.label";
  double smoothing = 0;
  double init = 0;

  void describe(ConfigVisitor& v);
};

/// One of n classes from the features of a pass.
/// (Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929, 3.1: the head starts at zero)
/// Reads:   the labels [B] in [0, classes)
/// Params:  classifier.{weight [classes, D], bias [classes]}
class ClassifyTarget : public Target {
 public:
  ClassifyTarget(const ClassifyConfig& config, const Build& build);

  Counts count(const Batch& batch) const override;

  std::vector<std::string> passes() const override { return {pass_}; }

  Losses forward(Passes& passes, const Batch& batch, const Call& call) override;

 private:
  ClassifyConfig config_;
  std::string pass_;
  LinearLayer classifier_;
};

}  // namespace tpretrain
