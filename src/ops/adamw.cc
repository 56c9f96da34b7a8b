#include "kernels/adamw.h"

#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/parallel.h"
#include "ops/segments.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {

using at::Tensor;

void adamw_cpu(const Tensor& param, const Tensor& grad, const Tensor& m, const Tensor& v,
               const Tensor& segments, const Tensor& factors, const Tensor& scalars, double beta1,
               double beta2, double eps) {
  check_flat("param", param);
  check_flat("grad", grad, param.size(0));
  check_flat("m", m, param.size(0));
  check_flat("v", v, param.size(0));
  check_flat("scalars", scalars, static_cast<int64_t>(StepScalar::kCount));
  const auto blocks = segment_blocks(segments, param.size(0));
  check_shape("factors", factors, {{"n", segments.size(0)}, {"2", 2}});
  check_dtype("factors", factors, at::kFloat);
  const Tensor flat_factors = factors.contiguous();
  const float* factor_data = flat_factors.const_data_ptr<float>();
  const float* scalar_data = scalars.const_data_ptr<float>();
  const auto scalar = [&](StepScalar which) { return scalar_data[static_cast<int64_t>(which)]; };
  if (scalar(StepScalar::kGradScale) == 0) {
    return;
  }
  kernels::AdamwStep common;
  common.beta1 = static_cast<float>(beta1);
  common.beta2 = static_cast<float>(beta2);
  common.eps = static_cast<float>(eps);
  common.grad_scale = scalar(StepScalar::kGradScale);
  common.inverse_correction1 = 1 / scalar(StepScalar::kCorrection1);
  common.inverse_correction2 = 1 / scalar(StepScalar::kCorrection2);
  const float rate = scalar(StepScalar::kLearningRate);
  const float* grad_data = grad.const_data_ptr<float>();
  float* param_data = param.mutable_data_ptr<float>();
  float* m_data = m.mutable_data_ptr<float>();
  float* v_data = v.mutable_data_ptr<float>();
  parallel_blocks(static_cast<int64_t>(blocks.size()), [&](int64_t i) {
    const SegmentBlock& block = blocks[static_cast<size_t>(i)];
    kernels::AdamwStep step = common;
    step.rate = rate * factor_data[2 * block.segment];
    step.decay = factor_data[2 * block.segment + 1];
    kernels::adamw_kernels().update(step, block.end - block.begin, param_data + block.begin,
                                    grad_data + block.begin, m_data + block.begin,
                                    v_data + block.begin);
  });
}

void adamw_(const Tensor& param, const Tensor& grad, const Tensor& m, const Tensor& v,
            const Tensor& segments, const Tensor& factors, const Tensor& scalars, double beta1,
            double beta2, double eps) {
  static const auto op =
      find_op<void(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                   const Tensor&, const Tensor&, double, double, double)>("tpretrain::adamw_");
  const at::AutoDispatchBelowADInplaceOrView below;
  op.call(param, grad, m, v, segments, factors, scalars, beta1, beta2, eps);
}

}  // namespace tpretrain::ops
