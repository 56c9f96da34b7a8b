#pragma once

#include <string>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/target_config.h"

namespace tpretrain {

struct LmConfig : TargetConfig {
  std::string view;
  std::string tie;
  int64_t vocabulary = 0;
  bool bias = false;
  double smoothing = 0;
  double init = 0.02;

  void describe(ConfigVisitor& v);
};

/// Next-token prediction inside each sequence. (Radford et al. 2018, "Improving language
/// understanding by generative pre-training", 3.1)
/// Reads:   lm.rows [R] (tokens of `view` that have a next token), lm.labels [R] (the next token)
/// Params:  output.weight [V, D] (unless tied), output.bias [V] (with `bias`)
class LmTarget : public Target {
 public:
  LmTarget(const LmConfig& config, const Build& build);

  Counts count(const Batch& batch) const override;

  std::vector<std::string> passes() const override { return {pass_}; }

  Losses forward(Passes& passes, const Batch& batch, const Call& call) override;

  std::string token_labels() const override { return "lm.labels"; }

  at::Tensor token_scores(Passes& passes, const at::Tensor& rows, const Call& call) override;

 private:
  at::Tensor features(Passes& passes, const at::Tensor& rows) const;

  LmConfig config_;
  std::string pass_;
  std::string view_;
  Parameter output_weight_;
  Parameter output_bias_;
};

}  // namespace tpretrain
