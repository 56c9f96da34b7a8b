#include "components/pool/cls/cls.h"

#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void ClsPoolConfig::describe(ConfigVisitor& v) {
  v.choice("dense", dense, "A dense layer with this activation on top.", {"none", "tanh"});
  norm_field(v, "norm", norm, "Normalisation before it: layer, rms or none.");
}

ClsPool::ClsPool(const ClsPoolConfig& config, const Build& build) {
  Build own = build.on(*this);
  width_ = own.infer(0, own.context().width, "width");
  norm_ = NormLayer(own, "norm", width_, config.norm);
  if (config.dense == ClsPoolConfig::Dense::kTanh) {
    dense_ = LinearLayer(own, "dense", width_, width_);
  }
}

at::Tensor ClsPool::forward(const Sequence& sequence, const Call&) {
  const Layout& layout = sequence.layout;
  const at::Tensor first = layout.offsets.narrow(0, 0, layout.sequences());
  const at::Tensor pooled = norm_(ops::gather_rows(sequence.x, first));
  return dense_.weight ? ops::bias_activation(dense_.product(pooled), dense_.bias.tensor(),
                                              ops::Activation::kTanh)
                       : pooled;
}

void register_pool_cls(Registry& registry) {
  registry.add<Pool, ClsPool, ClsPoolConfig>(
      {"cls",
       "The first token of each sequence.",
       "https://arxiv.org/abs/1810.04805",
       {},
       {"gather_rows", "norm", "linear", "bias_activation"}});
}

}  // namespace tpretrain
