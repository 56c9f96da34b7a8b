#include "components/pool/last/last.h"

#include <ATen/TensorOperators.h>

#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void LastPoolConfig::describe(ConfigVisitor& v) {
  norm_field(v, "norm", norm, "Normalisation of the token: layer, rms or none.");
}

LastPool::LastPool(const LastPoolConfig& config, const Build& build) {
  Build own = build.on(*this);
  width_ = own.infer(0, own.context().width, "width");
  norm_ = NormLayer(own, "norm", width_, config.norm);
}

at::Tensor LastPool::forward(const Sequence& sequence, const Call&) {
  const Layout& layout = sequence.layout;
  const at::Tensor last = layout.offsets.narrow(0, 1, layout.sequences()) - 1;
  return norm_(ops::gather_rows(sequence.x, last));
}

void register_pool_last(Registry& registry) {
  registry.add<Pool, LastPool, LastPoolConfig>({"last",
                                                "The last token of each sequence.",
                                                "https://arxiv.org/abs/2103.00020",
                                                {},
                                                {"gather_rows", "norm"}});
}

}  // namespace tpretrain
