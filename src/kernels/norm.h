/// LayerNorm (Ba et al. 2016) with biased variance and RMSNorm (Zhang and Sennrich 2019), by rows.
/// One pass reads a row into cache, two more run from there; docs/math/norm.md derives backward.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace tpretrain::kernels {

enum class Norm { kLayer, kRms };

template <typename T>
struct NormKernels {
  /// y = (x - mean) * rstd * weight + bias over [rows, cols]; bias may be null, mean is 0 for kRms.
  /// stats [rows, 2]: mean, rstd. y may be x.
  void (*forward)(Norm kind, int64_t rows, int64_t cols, double eps, const T* x, const T* weight,
                  const T* bias, T* y, T* stats);
  /// dx; adds the column sums of dy * xhat to dweight and of dy to dbias (null: not wanted).
  /// `more` [rows, cols], when not null, is added to dx (the gradient of x from elsewhere).
  /// dx may be dy.
  void (*backward)(Norm kind, int64_t rows, int64_t cols, const T* dy, const T* x, const T* stats,
                   const T* weight, const T* more, T* dx, T* dweight, T* dbias);
};

template <typename T>
const NormKernels<T>& norm_kernels();

template <typename T>
NormKernels<T> plain_norm_kernels();

TP_DECLARE_SIMD(NormKernels<float>, norm_kernels)

}  // namespace tpretrain::kernels
