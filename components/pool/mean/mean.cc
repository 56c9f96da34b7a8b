#include "components/pool/mean/mean.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/nonzero.h>

#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void MeanPoolConfig::describe(ConfigVisitor& v) {
  v.choice("tokens", tokens,
           "All of them, or those of the view alone (no class token, no registers).",
           {"all", "content"});
  norm_field(v, "norm", norm, "Normalisation of the mean: layer, rms or none.");
}

MeanPool::MeanPool(const MeanPoolConfig& config, const Build& build) : config_(config) {
  Build own = build.on(*this);
  width_ = own.infer(0, own.context().width, "width");
  norm_ = NormLayer(own, "norm", width_, config.norm);
}

at::Tensor MeanPool::forward(const Sequence& sequence, const Call&) {
  const Layout& layout = sequence.layout;
  if (config_.tokens == MeanPoolConfig::Tokens::kAll || layout.prefix == 0) {
    return norm_(ops::segment_mean(sequence.x, layout.offsets));
  }
  const at::Tensor rows = at::nonzero(layout.positions >= layout.prefix).flatten();
  const at::Tensor dropped = at::arange(layout.offsets.size(0), layout.offsets.options()) *
                             static_cast<int>(layout.prefix);
  return norm_(ops::segment_mean(ops::gather_rows(sequence.x, rows), layout.offsets - dropped));
}

void register_pool_mean(Registry& registry) {
  registry.add<Pool, MeanPool, MeanPoolConfig>({"mean",
                                                "The mean of each sequence's tokens.",
                                                "https://arxiv.org/abs/2205.01580",
                                                {},
                                                {"segment_mean", "gather_rows", "norm"}});
}

}  // namespace tpretrain
