#include <algorithm>

#include "kernels/resize_kernels.h"

namespace tpretrain::kernels {
namespace {

/// Sum over k < count of source[k * step] and weight k.
uint8_t weighted(const uint8_t* source, int64_t step, int64_t count, const int16_t* weights) {
  int32_t sum = 1 << (kResizePrecision - 1);
  for (int64_t k = 0; k < count; ++k) {
    const int16_t* pair = weights + k / 2 * 4;
    sum += source[k * step] * (pair[k % 2] * 256 + pair[2 + k % 2]);
  }
  return static_cast<uint8_t>(std::clamp(sum >> kResizePrecision, 0, 255));
}

void filter_rows(const uint8_t* source, int64_t rows, int64_t width, int64_t /*readable*/,
                 const int32_t* first, const int32_t* count, const int16_t* weights, int64_t taps,
                 int64_t outputs, uint8_t* out) {
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < outputs; ++x) {
      for (int64_t c = 0; c < 3; ++c) {
        *out++ =
            weighted(source + (y * width + first[x]) * 3 + c, 3, count[x], weights + x * taps * 2);
      }
    }
  }
}

void filter_column(const uint8_t* source, int64_t stride, int64_t bytes, int64_t count,
                   const int16_t* weights, uint8_t* out) {
  for (int64_t i = 0; i < bytes; ++i) {
    out[i] = weighted(source + i, stride, count, weights);
  }
}

}  // namespace

ResizeKernels plain_resize_kernels() {
  return {&filter_rows, &filter_column};
}

const ResizeKernels& resize_kernels() {
  static const ResizeKernels table = TP_FASTEST(plain_resize_kernels, resize_kernels);
  return table;
}

}  // namespace tpretrain::kernels
