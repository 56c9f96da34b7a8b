#include "components/target/sigmoid_contrastive/sigmoid_contrastive.h"

#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void SigmoidContrastiveConfig::describe(ConfigVisitor& v) {
  describe_contrast(v);
  v.nested("scale", scale, "Factor of the similarities.");
  v.field("bias", bias, "Added to every similarity: its value at the start.");
}

SigmoidContrastiveTarget::SigmoidContrastiveTarget(const SigmoidContrastiveConfig& config,
                                                   const Build& build)
    : ContrastTarget(config, "sigmoid_contrastive", FeatureKind::kSample, build) {
  Build own = build.on(*this);
  scale_ = LogScale(own, config.scale);
  bias_ = own.parameter("bias", {1}, Init::constant(config.bias));
}

Losses SigmoidContrastiveTarget::forward(Passes& passes, const Batch& batch, const Call&) {
  at::Tensor a = ops::normalize(passes.get(first()).features());
  const at::Tensor b = ops::normalize(passes.get(second()).features());
  at::Tensor group = groups(batch, a);
  const at::Tensor all = group;
  if (const auto own = passes.own()) {
    a = a.narrow(0, own->first, own->count);
    group = group.narrow(0, own->first, own->count);
  }
  const auto [sum, correct] =
      ops::sigmoid_contrastive(a, b, scale_.value(a), (*bias_)[0], group, all);
  return {{name(), sum, weight(), correct}};
}

void register_target_sigmoid_contrastive(Registry& registry) {
  registry.add<Target, SigmoidContrastiveTarget, SigmoidContrastiveConfig>(
      {"sigmoid_contrastive",
       "Does each pair of samples belong together: a sigmoid a pair.",
       "https://arxiv.org/abs/2303.15343",
       {},
       {"normalize", "sigmoid_contrastive"}});
}

}  // namespace tpretrain
