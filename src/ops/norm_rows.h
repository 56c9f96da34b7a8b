/// The norm inside ops, over the kinds of tpretrain/ops/types.h.
#pragma once

#include <cstdint>
#include <optional>

#include <ATen/core/Tensor.h>

#include "kernels/norm.h"
#include "tpretrain/ops/types.h"

namespace tpretrain::ops {

inline bool has_norm(int64_t kind) {
  return kind != static_cast<int64_t>(NormKind::kNone);
}

/// kLayer or kRms; weight [D], bias [D] or absent, in the dtype of `like` [., D].
kernels::Norm check_norm(int64_t kind, const at::Tensor& weight,
                         const std::optional<at::Tensor>& bias, const at::Tensor& like);

}  // namespace tpretrain::ops
