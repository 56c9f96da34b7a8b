/// The two passes of kernels/resize.h. All variants give the same bits.
///
/// Weights are integers of 22 fractional bits, kept in pairs of 4 int16: the high parts (w >> 8) of
/// taps 2j and 2j + 1, then their low parts (w & 255), ready for 16-bit multiplication. A pass adds
/// value * weight over its taps, rounds to nearest and clamps to 8 bits.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace tpretrain::kernels {

constexpr int kResizePrecision = 32 - 8 - 2;  ///< 8 bits of the value, 2 of overshoot and sign

struct ResizeKernels {
  /// source [rows, width, 3] -> out [rows, outputs, 3]. Output x is the weighted sum of the
  /// `count[x]` pixels from `first[x]` on; its weights begin at weights + x * taps * 2, and those
  /// up to the next multiple of 4 taps are 0. `readable`: bytes from `source` on that may be read,
  /// at least rows * width * 3.
  void (*rows)(const uint8_t* source, int64_t rows, int64_t width, int64_t readable,
               const int32_t* first, const int32_t* count, const int16_t* weights, int64_t taps,
               int64_t outputs, uint8_t* out);
  /// out [bytes]: the weighted sum of `count` rows of `bytes` values, `stride` bytes apart.
  void (*column)(const uint8_t* source, int64_t stride, int64_t bytes, int64_t count,
                 const int16_t* weights, uint8_t* out);
};

const ResizeKernels& resize_kernels();
ResizeKernels plain_resize_kernels();
TP_DECLARE_SIMD(ResizeKernels, resize_kernels)

}  // namespace tpretrain::kernels
