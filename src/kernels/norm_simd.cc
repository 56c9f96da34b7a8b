#include "kernels/norm.h"
#include "kernels/simd.h"

namespace tpretrain::kernels::TP_ISA {
namespace {

TP_INLINE float row_mean(const float* x, int64_t cols) {
  F total = broadcast(0);
  sweep(cols, [&](auto io, int64_t c) TP_BODY { total = total + io.load(x + c); });
  return sum(total) / static_cast<float>(cols);
}

TP_INLINE float row_rstd(const float* x, float mean, int64_t cols, double eps) {
  F squares = broadcast(0);
  sweep(cols, [&](auto io, int64_t c) TP_BODY {
    const F d = io.load(x + c, mean) - mean;  // padding adds 0
    squares = fma(d, d, squares);
  });
  const float variance = sum(squares) / static_cast<float>(cols);
  return 1.0F / __builtin_sqrtf(variance + static_cast<float>(eps));
}

void forward(Norm kind, int64_t rows, int64_t cols, double eps, const float* x, const float* weight,
             const float* bias, float* y, float* stats) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* x_row = x + r * cols;
    float* y_row = y + r * cols;
    const float mean = kind == Norm::kLayer ? row_mean(x_row, cols) : 0.0F;
    const float rstd = row_rstd(x_row, mean, cols, eps);
    sweep(cols, [&](auto io, int64_t c) TP_BODY {
      const F xhat = (io.load(x_row + c) - mean) * rstd;
      const F shift = bias == nullptr ? broadcast(0) : io.load(bias + c);
      io.store(y_row + c, fma(xhat, io.load(weight + c), shift));
    });
    stats[2 * r] = mean;
    stats[2 * r + 1] = rstd;
  }
}

void backward(Norm kind, int64_t rows, int64_t cols, const float* dy, const float* x,
              const float* stats, const float* weight, const float* more, float* dx, float* dweight,
              float* dbias) {
  const float per_column = 1.0F / static_cast<float>(cols);
  for (int64_t r = 0; r < rows; ++r) {
    const float* dy_row = dy + r * cols;
    const float* x_row = x + r * cols;
    const float* more_row = more + (more == nullptr ? 0 : r * cols);
    float* dx_row = dx + r * cols;
    const float mean = stats[2 * r];
    const float rstd = stats[2 * r + 1];
    F sum_g = broadcast(0);
    F sum_gx = broadcast(0);
    sweep(cols, [&](auto io, int64_t c) TP_BODY {
      const F g = io.load(dy_row + c) * io.load(weight + c);
      sum_g = sum_g + g;
      sum_gx = fma(g, (io.load(x_row + c) - mean) * rstd, sum_gx);
    });
    const float mean_g = kind == Norm::kLayer ? sum(sum_g) * per_column : 0.0F;
    const float mean_gx = sum(sum_gx) * per_column;
    sweep(cols, [&](auto io, int64_t c) TP_BODY {
      const F xhat = (io.load(x_row + c) - mean) * rstd;
      const F grad = io.load(dy_row + c);
      if (dweight != nullptr) {
        io.store(dweight + c, fma(grad, xhat, io.load(dweight + c)));
      }
      if (dbias != nullptr) {
        io.store(dbias + c, io.load(dbias + c) + grad);
      }
      const F inner = fma(grad, io.load(weight + c), fma(xhat, -mean_gx, broadcast(-mean_g)));
      const F rest = more == nullptr ? broadcast(0) : io.load(more_row + c);
      io.store(dx_row + c, fma(inner, rstd, rest));
    });
  }
}

}  // namespace

NormKernels<float> norm_kernels() {
  return {&forward, &backward};
}

}  // namespace tpretrain::kernels::TP_ISA
