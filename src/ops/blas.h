/// Matrix products of one thread, row-major. Small ones of float32 are computed by our own kernel
/// (kernels/product.h), the others by a library: `select_blas` in tpretrain/ops/ops.h says which.
#pragma once

#include <cstdint>

#include "kernels/product.h"

namespace tpretrain::ops {

using kernels::Operand;

/// C [m, n] = alpha A B + beta C; A is [m, k] and B [k, n] after transposition. With beta = 0, C is
/// not read. Never starts threads.
template <typename T>
void gemm(int64_t m, int64_t n, int64_t k, T alpha, Operand<T> a, Operand<T> b, T beta, T* c,
          int64_t c_stride);

/// The same, always by the library.
template <typename T>
void library_gemm(int64_t m, int64_t n, int64_t k, T alpha, Operand<T> a, Operand<T> b, T beta,
                  T* c, int64_t c_stride);

}  // namespace tpretrain::ops
