/// Gradient of looking up rows of a table: the sum, for each table row, of the gradients of the
/// tokens that used it, in token order. No atomics: tokens are sorted by table row (a stable
/// counting sort) and ranges of table rows are independent.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace tpretrain::ops {

/// grad [T, D], index [T] int64 (checked) -> [rows, D].
at::Tensor table_gradient(const at::Tensor& grad, const at::Tensor& index, int64_t rows);

}  // namespace tpretrain::ops
