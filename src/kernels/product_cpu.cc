#include <cmath>

#include "kernels/product.h"

namespace tpretrain::kernels {
namespace {

template <typename T>
T element(const Operand<T>& operand, int64_t i, int64_t j) {
  return operand.transposed ? operand.data[j * operand.stride + i]
                            : operand.data[i * operand.stride + j];
}

template <typename T>
void multiply(const Product<T>& product, T*) {
  for (int64_t i = 0; i < product.m; ++i) {
    for (int64_t j = 0; j < product.n; ++j) {
      T sum = 0;
      for (int64_t p = 0; p < product.k; ++p) {
        sum = std::fma(element(product.a, i, p), element(product.b, p, j), sum);
      }
      T& out = product.c[i * product.c_stride + j];
      const T scaled = product.alpha * sum;
      out = product.beta == 0 ? scaled : std::fma(out, product.beta, scaled);
    }
  }
}

}  // namespace

template <typename T>
ProductKernels<T> plain_product_kernels() {
  return {&multiply<T>};
}

template ProductKernels<float> plain_product_kernels();
template ProductKernels<double> plain_product_kernels();

template <>
const ProductKernels<float>& product_kernels() {
  static const ProductKernels<float> table =
      TP_FASTEST(plain_product_kernels<float>, product_kernels);
  return table;
}

template <>
const ProductKernels<double>& product_kernels() {
  static const ProductKernels<double> table = plain_product_kernels<double>();
  return table;
}

}  // namespace tpretrain::kernels
