#include "kernels/adamw.h"
#include "kernels/simd.h"

namespace tpretrain::kernels::TP_ISA {
namespace {

void update(const AdamwStep& step, int64_t size, float* p, const float* grad, float* m, float* v) {
  const F beta1 = broadcast(step.beta1);
  const F beta2 = broadcast(step.beta2);
  sweep(size, [&](auto io, int64_t i) TP_BODY {
    const F g = io.load(grad + i) * step.grad_scale;
    const F m_new = fma(beta1, io.load(m + i), g * (1 - step.beta1));
    const F v_new = fma(beta2, io.load(v + i), g * (1 - step.beta2) * g);
    const F root = square_root(v_new * step.inverse_correction2) + step.eps;
    const F p_old = io.load(p + i);
    const F direction = fma(p_old, step.decay, m_new * step.inverse_correction1 / root);
    io.store(m + i, m_new);
    io.store(v + i, v_new);
    io.store(p + i, fma(direction, -step.rate, p_old));
  });
}

}  // namespace

AdamwKernels adamw_kernels() {
  return {&update};
}

}  // namespace tpretrain::kernels::TP_ISA
