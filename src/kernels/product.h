/// Products of small matrices, such as those of one head over a short sequence: on them a general
/// BLAS spends as much time arranging its operands as multiplying. Every element is the sum over k
/// in ascending order by fused multiply-adds, so no cut of a product into smaller ones along m or n
/// changes a bit.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace tpretrain::kernels {

/// A factor: element (i, j) is data[i * stride + j], or data[j * stride + i] when transposed.
template <typename T>
struct Operand {
  const T* data;
  int64_t stride;
  bool transposed = false;
};

/// C [m, n] = alpha A B + beta C with A [m, k] and B [k, n] after transposition; rows of C are
/// `c_stride` apart. With beta = 0, C is not read.
template <typename T>
struct Product {
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
  T alpha = 1;
  Operand<T> a;
  Operand<T> b;
  T beta = 0;
  T* c = nullptr;
  int64_t c_stride = 0;
};

/// Elements of scratch that a product needs: B in panels of up to 32 columns.
inline int64_t packed_size(int64_t n, int64_t k) {
  return (n + 31) / 32 * 32 * k;
}

template <typename T>
struct ProductKernels {
  /// packed: scratch of packed_size(n, k).
  void (*multiply)(const Product<T>& product, T* packed);
};

template <typename T>
const ProductKernels<T>& product_kernels();

template <typename T>
ProductKernels<T> plain_product_kernels();

TP_DECLARE_SIMD(ProductKernels<float>, product_kernels)

}  // namespace tpretrain::kernels
