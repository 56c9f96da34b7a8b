#include "components/target/contrastive/contrastive.h"

#include <tuple>

#include <ATen/TensorOperators.h>

#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void ContrastiveConfig::describe(ConfigVisitor& v) {
  describe_contrast(v);
  v.nested("scale", scale, "Factor of the similarities.");
  v.field("smoothing", smoothing, "Share of the target that all samples get alike.",
          {.min = 0, .max = 1, .open_max = true});
}

ContrastiveTarget::ContrastiveTarget(const ContrastiveConfig& config, const Build& build)
    : ContrastTarget(config, "contrastive", FeatureKind::kSample, build),
      smoothing_(config.smoothing) {
  Build own = build.on(*this);
  scale_ = LogScale(own, config.scale);
}

Losses ContrastiveTarget::forward(Passes& passes, const Batch& batch, const Call& call) {
  const at::Tensor a = ops::normalize(passes.get(first()).features());
  const at::Tensor b = ops::normalize(passes.get(second()).features());
  const at::Tensor group = groups(batch, a);
  const at::Tensor scale = scale_.value(a);
  const double smoothing = call.training ? smoothing_ : 0;
  const auto own = passes.own();
  at::Tensor sum;
  at::Tensor correct;
  if (!own) {
    std::tie(sum, correct) = ops::contrastive(a, b, scale, group, group, true, smoothing);
  } else {
    const auto rows = [&own](const at::Tensor& x) { return x.narrow(0, own->first, own->count); };
    const auto [from_a, hits_a] =
        ops::contrastive(rows(a), b, scale, rows(group), group, false, smoothing);
    const auto [from_b, hits_b] =
        ops::contrastive(rows(b), a, scale, rows(group), group, false, smoothing);
    sum = from_a + from_b;
    correct = hits_a + hits_b;
  }
  return {{name(), sum * 0.5, weight(), correct * 0.5}};
}

void register_target_contrastive(Registry& registry) {
  registry.add<Target, ContrastiveTarget, ContrastiveConfig>(
      {"contrastive",
       "Both directions of InfoNCE between two passes, over the whole step.",
       "https://arxiv.org/abs/2103.00020",
       {},
       {"normalize", "contrastive"}});
}

}  // namespace tpretrain
