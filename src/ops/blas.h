/// Matrix products of one thread, row-major. Which library computes them: design.md 7.2,
/// `select_blas` in tpretrain/ops/ops.h.
#pragma once

#include <cstdint>

namespace tpretrain::ops {

/// An operand: element (i, j) is data[i * stride + j], or data[j * stride + i] when transposed.
template <typename T>
struct Operand {
  const T* data;
  int64_t stride;
  bool transposed = false;
};

/// C [m, n] = alpha A B + beta C; A is [m, k] and B [k, n] after transposition. With beta = 0, C is
/// not read. Never starts threads.
template <typename T>
void gemm(int64_t m, int64_t n, int64_t k, T alpha, Operand<T> a, Operand<T> b, T beta, T* c,
          int64_t c_stride);

}  // namespace tpretrain::ops
