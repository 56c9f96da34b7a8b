#pragma once

#include <string>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"
#include "tpretrain/core/target_config.h"

namespace tpretrain {

struct MlmConfig : TargetConfig {
  std::string view;
  std::string tie;
  int64_t vocabulary = 0;
  bool transform = true;
  ops::Activation activation = ops::Activation::kGelu;
  NormConfig norm = NormConfig::layer(1e-12);
  double smoothing = 0;
  double init = 0.02;

  void describe(ConfigVisitor& v);
};

/// Masked language modelling: cross-entropy at the masked tokens alone; no other row is projected
/// to the vocabulary. (Devlin et al. 2019, https://arxiv.org/abs/1810.04805, 3.1) Reads:   mlm.rows
/// [R] (tokens of `view`), mlm.labels [R] Params:  dense, norm (with `transform`), output.weight
/// [V, D] (unless tied), output.bias [V]
class MlmTarget : public Target {
 public:
  MlmTarget(const MlmConfig& config, const Build& build);

  Counts count(const Batch& batch) const override;

  std::vector<std::string> passes() const override { return {pass_}; }

  Losses forward(Passes& passes, const Batch& batch, const Call& call) override;

  std::string token_labels() const override { return "mlm.labels"; }

  at::Tensor token_scores(Passes& passes, const at::Tensor& rows, const Call& call) override;

 private:
  at::Tensor features(Passes& passes, const at::Tensor& rows) const;

  MlmConfig config_;
  std::string pass_;
  std::string view_;
  LinearLayer dense_;
  NormLayer norm_;
  Parameter output_weight_;
  Parameter output_bias_;
};

}  // namespace tpretrain
