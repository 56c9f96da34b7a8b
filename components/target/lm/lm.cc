#include "components/target/lm/lm.h"

#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void LmConfig::describe(ConfigVisitor& v) {
  describe_base(v);
  v.field("view", view, "The view that is predicted; default: that of the pass.");
  v.field("tie", tie, "Part or parameter whose table is the output matrix: embedding.word.");
  v.field("vocabulary", vocabulary, "Classes; 0: the entries of the tokenizer.", {.min = 0});
  v.field("bias", bias, "A bias per class.");
  v.field("smoothing", smoothing, "Label smoothing.", {.min = 0, .max = 1, .open_max = true});
  v.field("init", init, "Standard deviation of the initial weights.", {.min = 0});
}

LmTarget::LmTarget(const LmConfig& config, const Build& build) : config_(config) {
  set_name(config.name_or("lm"));
  Build own = build.on(*this);
  const PassInfo pass = own.context().pass(config.pass);
  pass_ = pass.name;
  view_ = config.view.empty() ? pass.view : config.view;
  const int64_t classes = own.infer(config.vocabulary, own.context().vocabulary, "vocabulary");
  Build output = own.child("output");
  output_weight_ = config.tie.empty() ? output.parameter("weight", {classes, pass.width},
                                                         Init::truncated_normal(config.init))
                                      : output.tied("weight", {classes, pass.width}, config.tie);
  if (config.bias) {
    output_bias_ = output.parameter("bias", {classes}, Init::zeros());
  }
}

Counts LmTarget::count(const Batch& batch) const {
  return {{name(), static_cast<double>(batch.at("lm.labels").numel())}};
}

at::Tensor LmTarget::features(Passes& passes, const at::Tensor& rows) const {
  const Sequence& sequence = passes.get(pass_).sequence;
  return ops::gather_rows(sequence.x, sequence.rows(view_, rows));
}

Losses LmTarget::forward(Passes& passes, const Batch& batch, const Call& call) {
  const auto [sum, correct] = ops::linear_cross_entropy(
      features(passes, batch.at("lm.rows")), *output_weight_, output_bias_.tensor(),
      batch.at("lm.labels"), call.training ? config_.smoothing : 0);
  return {{name(), sum, config_.weight, correct}};
}

at::Tensor LmTarget::token_scores(Passes& passes, const at::Tensor& rows, const Call&) {
  return ops::linear(features(passes, rows), *output_weight_, output_bias_.tensor());
}

void register_target_lm(Registry& registry) {
  registry.add<Target, LmTarget, LmConfig>(
      {"lm",
       "Next-token prediction inside each sequence.",
       "https://cdn.openai.com/research-covers/language-unsupervised/"
       "language_understanding_paper.pdf",
       {"lm.rows", "lm.labels"},
       {"gather_rows", "linear", "linear_cross_entropy"}});
}

}  // namespace tpretrain
