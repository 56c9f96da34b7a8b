#include "components/target/classify/classify.h"

#include "tpretrain/base/error.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void ClassifyConfig::describe(ConfigVisitor& v) {
  describe_base(v);
  v.field("classes", classes, "Number of classes.", {.min = 2, .max = 1 << 24});
  v.field("labels", labels, "Batch name of the labels.");
  v.field("smoothing", smoothing, "Share of the target that all classes get alike.",
          {.min = 0, .max = 1, .open_max = true});
  v.field("init", init, "Standard deviation of the initial weights.", {.min = 0});
}

ClassifyTarget::ClassifyTarget(const ClassifyConfig& config, const Build& build) : config_(config) {
  set_name(config.name_or("classify"));
  Build own = build.on(*this);
  const PassInfo pass = own.context().pass(config.pass);
  pass_ = pass.name;
  if (pass.pooled == 0) {
    throw ConfigError("target 'classify': pass '" + pass.name + "' must give one feature a sample",
                      "give the pass a `pool:`");
  }
  classifier_ = LinearLayer(own, "classifier", pass.features(), config.classes, true, config.init);
}

Counts ClassifyTarget::count(const Batch& batch) const {
  return {{name(), static_cast<double>(batch.at(config_.labels).numel())}};
}

Losses ClassifyTarget::forward(Passes& passes, const Batch& batch, const Call& call) {
  const auto [sum, correct] = ops::linear_cross_entropy(
      passes.get(pass_).features(), *classifier_.weight, *classifier_.bias,
      batch.at(config_.labels), call.training ? config_.smoothing : 0);
  return {{name(), sum, config_.weight, correct}};
}

void register_target_classify(Registry& registry) {
  registry.add<Target, ClassifyTarget, ClassifyConfig>({"classify",
                                                        "One of n classes from pooled features.",
                                                        "https://arxiv.org/abs/2010.11929",
                                                        {"class.label"},
                                                        {"linear_cross_entropy"}});
}

}  // namespace tpretrain
