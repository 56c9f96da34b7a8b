#include "components/target/pair_match/pair_match.h"

#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void PairMatchConfig::describe(ConfigVisitor& v) {
  describe_base(v);
  v.field("labels", labels, "Batch name of the labels.");
  v.field("init", init, "Standard deviation of the initial weights.", {.min = 0});
}

PairMatchTarget::PairMatchTarget(const PairMatchConfig& config, const Build& build)
    : config_(config) {
  set_name(config.name_or("pair_match"));
  Build own = build.on(*this);
  const PassInfo pass = own.context().pass(config.pass);
  pass_ = pass.name;
  if (pass.pooled == 0) {
    dense_ = LinearLayer(own.child("pool"), "dense", pass.width, pass.width, true, config.init);
  }
  const int64_t width = pass.pooled == 0 ? pass.width : pass.pooled;
  classifier_ = LinearLayer(own, "classifier", width, 2, true, config.init);
}

Counts PairMatchTarget::count(const Batch& batch) const {
  return {{name(), static_cast<double>(batch.at(config_.labels).numel())}};
}

at::Tensor PairMatchTarget::pooled(const PassOutput& output) const {
  if (!dense_.weight) {
    return output.pooled;
  }
  const Layout& layout = output.sequence.layout;
  const at::Tensor first = layout.offsets.narrow(0, 0, layout.sequences());
  return ops::bias_activation(dense_.product(ops::gather_rows(output.sequence.x, first)),
                              dense_.bias.tensor(), ops::Activation::kTanh);
}

Losses PairMatchTarget::forward(Passes& passes, const Batch& batch, const Call&) {
  const auto [sum, correct] = ops::linear_cross_entropy(
      pooled(passes.get(pass_)), *classifier_.weight, *classifier_.bias, batch.at(config_.labels));
  return {{name(), sum, config_.weight, correct}};
}

void register_target_pair_match(Registry& registry) {
  registry.add<Target, PairMatchTarget, PairMatchConfig>(
      {"pair_match",
       "Does the pair belong together: next sentence, sentence order.",
       "https://arxiv.org/abs/1810.04805",
       {"pair.label"},
       {"gather_rows", "linear", "bias_activation", "linear_cross_entropy"}});
}

}  // namespace tpretrain
