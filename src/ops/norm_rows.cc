#include "ops/norm_rows.h"

#include <c10/util/StringUtil.h>

#include "ops/check.h"
#include "tpretrain/ops/types.h"

namespace tpretrain::ops {

kernels::Norm check_norm(int64_t kind, const at::Tensor& weight,
                         const std::optional<at::Tensor>& bias, const at::Tensor& like) {
  if (kind != static_cast<int64_t>(NormKind::kLayer) &&
      kind != static_cast<int64_t>(NormKind::kRms)) {
    fail_argument("kind", "layer (1) or rms (2)", c10::str(kind));
  }
  check_shape("weight", weight, {{"D", like.size(1)}});
  check_dtype("weight", weight, like.scalar_type());
  check_optional_vector("bias", bias, "D", like.size(1), like);
  return kind == static_cast<int64_t>(NormKind::kLayer) ? kernels::Norm::kLayer
                                                        : kernels::Norm::kRms;
}

}  // namespace tpretrain::ops
