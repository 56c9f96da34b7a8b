#include <cmath>

#include "kernels/norm.h"

namespace tpretrain::kernels {
namespace {

template <typename T>
void forward(Norm kind, int64_t rows, int64_t cols, double eps, const T* x, const T* weight,
             const T* bias, T* y, T* stats) {
  for (int64_t r = 0; r < rows; ++r) {
    const T* x_row = x + r * cols;
    T mean = 0;
    if (kind == Norm::kLayer) {
      for (int64_t c = 0; c < cols; ++c) {
        mean += x_row[c];
      }
      mean /= static_cast<T>(cols);
    }
    T squares = 0;
    for (int64_t c = 0; c < cols; ++c) {
      squares += (x_row[c] - mean) * (x_row[c] - mean);
    }
    const T rstd = 1 / std::sqrt(squares / static_cast<T>(cols) + static_cast<T>(eps));
    for (int64_t c = 0; c < cols; ++c) {
      y[r * cols + c] = (x_row[c] - mean) * rstd * weight[c] + (bias == nullptr ? T{0} : bias[c]);
    }
    stats[2 * r] = mean;
    stats[2 * r + 1] = rstd;
  }
}

template <typename T>
void backward(Norm kind, int64_t rows, int64_t cols, const T* dy, const T* x, const T* stats,
              const T* weight, const T* more, T* dx, T* dweight, T* dbias) {
  for (int64_t r = 0; r < rows; ++r) {
    const T mean = stats[2 * r];
    const T rstd = stats[2 * r + 1];
    T mean_g = 0;
    T mean_gx = 0;
    for (int64_t c = 0; c < cols; ++c) {
      const T g = dy[r * cols + c] * weight[c];
      mean_g += g;
      mean_gx += g * (x[r * cols + c] - mean) * rstd;
    }
    mean_g = kind == Norm::kLayer ? mean_g / static_cast<T>(cols) : T{0};
    mean_gx /= static_cast<T>(cols);
    for (int64_t c = 0; c < cols; ++c) {
      const int64_t i = r * cols + c;
      const T xhat = (x[i] - mean) * rstd;
      const T grad = dy[i];
      if (dweight != nullptr) {
        dweight[c] += grad * xhat;
      }
      if (dbias != nullptr) {
        dbias[c] += grad;
      }
      const T inner = rstd * (grad * weight[c] - mean_g - xhat * mean_gx);
      dx[i] = more == nullptr ? inner : inner + more[i];
    }
  }
}

}  // namespace

template <typename T>
NormKernels<T> plain_norm_kernels() {
  return {&forward<T>, &backward<T>};
}

template NormKernels<float> plain_norm_kernels();
template NormKernels<double> plain_norm_kernels();

template <>
const NormKernels<float>& norm_kernels() {
  static const NormKernels<float> table = TP_FASTEST(plain_norm_kernels<float>, norm_kernels);
  return table;
}

template <>
const NormKernels<double>& norm_kernels() {
  static const NormKernels<double> table = plain_norm_kernels<double>();
  return table;
}

}  // namespace tpretrain::kernels
