#pragma once

#include <string>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"
#include "tpretrain/core/target_config.h"

namespace tpretrain {

struct PairMatchConfig : TargetConfig {
  std::string labels = "pair.label";
  double init = 0.02;

  void describe(ConfigVisitor& v);
};

/// Does the pair belong together: two classes on the pooled output of a pass. Next-sentence
/// prediction (Devlin et al. 2019, https://arxiv.org/abs/1810.04805): label 1 is a random partner;
/// sentence order (Lan et al. 2020, https://arxiv.org/abs/1909.11942): label 1 is swapped.
/// Reads:   the labels [B]
/// Params:  classifier.{weight [2, D], bias [2]}; pool.dense.{weight,bias} when the pass has no
/// pool:
///          then the first token of each sequence goes through a dense layer with tanh
class PairMatchTarget : public Target {
 public:
  PairMatchTarget(const PairMatchConfig& config, const Build& build);

  Counts count(const Batch& batch) const override;

  std::vector<std::string> passes() const override { return {pass_}; }

  Losses forward(Passes& passes, const Batch& batch, const Call& call) override;

 private:
  at::Tensor pooled(const PassOutput& output) const;

  PairMatchConfig config_;
  std::string pass_;
  LinearLayer dense_;  ///< without weight: the pass has a pool
  LinearLayer classifier_;
};

}  // namespace tpretrain
