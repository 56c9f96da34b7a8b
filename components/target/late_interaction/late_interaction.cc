#include "components/target/late_interaction/late_interaction.h"

#include <tuple>

#include <ATen/TensorOperators.h>

#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

namespace target::late_interaction_detail {

/// Token features of a pass and where its samples begin.
struct Tokens {
  at::Tensor features;  ///< [T, P], of length one
  at::Tensor offsets;   ///< [S + 1]

  /// Those of samples [first, first + count).
  Tokens part(const SampleRange& range) const {
    const at::Tensor own = offsets.narrow(0, range.first, range.count + 1);
    const auto begin = own[0].item<int64_t>();
    const auto end = own[-1].item<int64_t>();
    return {features.narrow(0, begin, end - begin), own - static_cast<int>(begin)};
  }
};

Tokens tokens_of(const PassOutput& output) {
  return {ops::normalize(output.features()), output.sequence.layout.offsets};
}

}  // namespace target::late_interaction_detail

using target::late_interaction_detail::Tokens;
using target::late_interaction_detail::tokens_of;

void LateInteractionConfig::describe(ConfigVisitor& v) {
  describe_contrast(v);
  v.nested("scale", scale, "Factor of the similarities.");
  v.field("smoothing", smoothing, "Share of the target that all samples get alike.",
          {.min = 0, .max = 1, .open_max = true});
}

LateInteractionTarget::LateInteractionTarget(const LateInteractionConfig& config,
                                             const Build& build)
    : ContrastTarget(config, "late_interaction", FeatureKind::kToken, build),
      smoothing_(config.smoothing) {
  Build own = build.on(*this);
  scale_ = LogScale(own, config.scale);
}

Losses LateInteractionTarget::forward(Passes& passes, const Batch& batch, const Call& call) {
  const Tokens a = tokens_of(passes.get(first()));
  const Tokens b = tokens_of(passes.get(second()));
  const at::Tensor group = groups(batch, a.features);
  const at::Tensor scale = scale_.value(a.features);
  const SampleRange own = passes.own().value_or(SampleRange{0, group.size(0)});
  const bool all = own.count == group.size(0);
  const at::Tensor own_group = group.narrow(0, own.first, own.count);
  const auto [from_a, whole_from_b] =
      ops::late_similarity(all ? a.features : a.part(own).features,
                           all ? a.offsets : a.part(own).offsets, b.features, b.offsets);
  at::Tensor from_b = whole_from_b;
  if (!all) {
    const Tokens part = b.part(own);
    from_b = std::get<0>(ops::late_similarity(part.features, part.offsets, a.features, a.offsets));
  }
  const double smoothing = call.training ? smoothing_ : 0;
  const auto [sum_a, correct_a] =
      ops::matrix_cross_entropy(from_a * scale, own_group, group, smoothing);
  const auto [sum_b, correct_b] =
      ops::matrix_cross_entropy(from_b * scale, own_group, group, smoothing);
  return {{name(), (sum_a + sum_b) * 0.5, weight(), (correct_a + correct_b) * 0.5}};
}

at::Tensor LateInteractionTarget::similarity(const PassOutput& a, const PassOutput& b) const {
  const Tokens from = tokens_of(a);
  const Tokens to = tokens_of(b);
  return std::get<0>(ops::late_similarity(from.features, from.offsets, to.features, to.offsets));
}

void register_target_late_interaction(Registry& registry) {
  registry.add<Target, LateInteractionTarget, LateInteractionConfig>(
      {"late_interaction",
       "Contrastive loss over token-wise similarities of two passes.",
       "https://arxiv.org/abs/2111.07783",
       {},
       {"normalize", "late_similarity", "matrix_cross_entropy"}});
}

}  // namespace tpretrain
