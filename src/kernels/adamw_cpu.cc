#include <cmath>

#include "kernels/adamw.h"

namespace tpretrain::kernels {
namespace {

void update(const AdamwStep& step, int64_t size, float* p, const float* grad, float* m, float* v) {
  for (int64_t i = 0; i < size; ++i) {
    const float g = grad[i] * step.grad_scale;
    m[i] = step.beta1 * m[i] + (1 - step.beta1) * g;
    v[i] = step.beta2 * v[i] + (1 - step.beta2) * g * g;
    const float root = std::sqrt(v[i] * step.inverse_correction2) + step.eps;
    p[i] -= step.rate * (m[i] * step.inverse_correction1 / root + step.decay * p[i]);
  }
}

}  // namespace

AdamwKernels plain_adamw_kernels() {
  return {&update};
}

const AdamwKernels& adamw_kernels() {
  static const AdamwKernels table = TP_FASTEST(plain_adamw_kernels, adamw_kernels);
  return table;
}

}  // namespace tpretrain::kernels
