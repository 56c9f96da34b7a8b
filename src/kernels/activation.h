/// Bias + activation and gated activations (Shazeer 2020), by rows. Backward recomputes the
/// activation from x: erf-GELU costs one exponential and one division for value and slope together.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace tpretrain::kernels {

/// In the order of ops::Activation.
enum class Act : int64_t { kGelu, kGeluTanh, kQuickGelu, kRelu, kSilu, kTanh, kNone };

template <typename T>
struct ActivationKernels {
  /// y = act(x + bias) over [rows, cols]; bias [cols] may be null.
  void (*forward)(Act act, int64_t rows, int64_t cols, const T* x, const T* bias, T* y);
  /// dx = dy * act'(x + bias); adds its column sums to dbias unless that is null. dx may be dy.
  void (*backward)(Act act, int64_t rows, int64_t cols, const T* dy, const T* x, const T* bias,
                   T* dx, T* dbias);
  /// y [rows, cols] = act(a) * b where [a | b] = x + bias, x [rows, 2 cols].
  void (*gated_forward)(Act act, int64_t rows, int64_t cols, const T* x, const T* bias, T* y);
  /// dx [rows, 2 cols]; adds its column sums to dbias [2 cols] unless that is null.
  void (*gated_backward)(Act act, int64_t rows, int64_t cols, const T* dy, const T* x,
                         const T* bias, T* dx, T* dbias);
};

template <typename T>
const ActivationKernels<T>& activation_kernels();

template <typename T>
ActivationKernels<T> plain_activation_kernels();

TP_DECLARE_SIMD(ActivationKernels<float>, activation_kernels)

}  // namespace tpretrain::kernels
