/// AdamW (Loshchilov and Hutter 2019) on flat buffers: one pass, 16 bytes read and 12 written a
/// parameter. Element-wise with the same operations for every element, so a buffer may be cut
/// anywhere without changing a bit.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace tpretrain::kernels {

struct AdamwStep {
  float beta1 = 0;
  float beta2 = 0;
  float eps = 0;
  float grad_scale = 1;
  float inverse_correction1 = 1;  ///< 1 / (1 - beta1^t)
  float inverse_correction2 = 1;  ///< 1 / (1 - beta2^t)
  float rate = 0;                 ///< learning rate of this segment
  float decay = 0;                ///< weight decay of this segment
};

struct AdamwKernels {
  /// g = grad * grad_scale; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g g;
  /// p -= rate * (m / correction1 / (sqrt(v / correction2) + eps) + decay * p).
  void (*update)(const AdamwStep& step, int64_t size, float* p, const float* grad, float* m,
                 float* v);
};

const AdamwKernels& adamw_kernels();
AdamwKernels plain_adamw_kernels();

TP_DECLARE_SIMD(AdamwKernels, adamw_kernels)

}  // namespace tpretrain::kernels
