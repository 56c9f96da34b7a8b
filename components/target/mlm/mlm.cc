#include "components/target/mlm/mlm.h"

#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void MlmConfig::describe(ConfigVisitor& v) {
  describe_base(v);
  v.field("view", view, "The view that the masked rows index; default: that of the pass.");
  v.field("tie", tie, "Part or parameter whose table is the output matrix: embedding.word.");
  v.field("vocabulary", vocabulary, "Classes; 0: the entries of the tokenizer.", {.min = 0});
  v.field("transform", transform, "Dense layer, activation and norm before the output matrix.");
  v.choice("activation", activation, "Activation of the transform.", ops::activation_names());
  norm_field(v, "norm", norm, "Normalisation of the transform: layer, rms or none.");
  v.field("smoothing", smoothing, "Label smoothing.", {.min = 0, .max = 1, .open_max = true});
  v.field("init", init, "Standard deviation of the initial weights.", {.min = 0});
}

MlmTarget::MlmTarget(const MlmConfig& config, const Build& build) : config_(config) {
  set_name(config.name_or("mlm"));
  Build own = build.on(*this);
  const PassInfo pass = own.context().pass(config.pass);
  pass_ = pass.name;
  view_ = config.view.empty() ? pass.view : config.view;
  const int64_t classes = own.infer(config.vocabulary, own.context().vocabulary, "vocabulary");
  if (config.transform) {
    dense_ = LinearLayer(own, "dense", pass.width, pass.width, true, config.init);
    norm_ = NormLayer(own, "norm", pass.width, config.norm);
  }
  Build output = own.child("output");
  output_weight_ = config.tie.empty() ? output.parameter("weight", {classes, pass.width},
                                                         Init::truncated_normal(config.init))
                                      : output.tied("weight", {classes, pass.width}, config.tie);
  output_bias_ = output.parameter("bias", {classes}, Init::zeros());
}

Counts MlmTarget::count(const Batch& batch) const {
  return {{name(), static_cast<double>(batch.at("mlm.labels").numel())}};
}

at::Tensor MlmTarget::features(Passes& passes, const at::Tensor& rows) const {
  const Sequence& sequence = passes.get(pass_).sequence;
  const at::Tensor x = ops::gather_rows(sequence.x, sequence.rows(view_, rows));
  if (!config_.transform) {
    return x;
  }
  return norm_(ops::bias_activation(dense_.product(x), dense_.bias.tensor(), config_.activation));
}

Losses MlmTarget::forward(Passes& passes, const Batch& batch, const Call& call) {
  const auto [sum, correct] = ops::linear_cross_entropy(
      features(passes, batch.at("mlm.rows")), *output_weight_, *output_bias_,
      batch.at("mlm.labels"), call.training ? config_.smoothing : 0);
  return {{name(), sum, config_.weight, correct}};
}

at::Tensor MlmTarget::token_scores(Passes& passes, const at::Tensor& rows, const Call&) {
  return ops::linear(features(passes, rows), *output_weight_, *output_bias_);
}

void register_target_mlm(Registry& registry) {
  registry.add<Target, MlmTarget, MlmConfig>(
      {"mlm",
       "Masked language modelling: the masked tokens, from the gathered rows only.",
       "https://arxiv.org/abs/1810.04805",
       {"mlm.rows", "mlm.labels"},
       {"gather_rows", "linear", "bias_activation", "norm", "linear_cross_entropy"}});
}

}  // namespace tpretrain
