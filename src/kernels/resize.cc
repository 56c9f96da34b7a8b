#include "kernels/resize.h"

#include <algorithm>
#include <cmath>

namespace tpretrain::kernels {
namespace {

double bilinear(double x) {
  return std::max(0.0, 1.0 - std::abs(x));
}

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) {
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  }
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

int32_t fixed_point(double weight) {
  return static_cast<int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kResizePrecision));
}

void set_weight(int16_t* weights, int64_t k, int32_t weight) {
  int16_t* pair = weights + k / 2 * 4;
  pair[k % 2] = static_cast<int16_t>(weight >> 8);
  pair[2 + k % 2] = static_cast<int16_t>(weight & 255);
}

/// Weights of `outputs` pixels over [begin, end) of a source of `size`. The order of the double
/// operations is that of Pillow (src/libImaging/Resample.c), so that no weight rounds otherwise.
void plan(ResizeFilter filter, int64_t size, double begin, double end, int64_t outputs,
          std::vector<double>& exact, ResizeAxis& axis) {
  const double scale = (end - begin) / static_cast<double>(outputs);
  const double stretch = std::max(scale, 1.0);
  const double support = (filter == ResizeFilter::kBilinear ? 1.0 : 2.0) * stretch;
  const double shrink = 1.0 / stretch;
  const int64_t most = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  axis.taps = (most + 3) / 4 * 4;
  axis.first.resize(static_cast<size_t>(outputs));
  axis.count.resize(static_cast<size_t>(outputs));
  axis.weights.assign(static_cast<size_t>(outputs * axis.taps * 2), 0);
  exact.resize(static_cast<size_t>(axis.taps));
  for (int64_t i = 0; i < outputs; ++i) {
    const double center = begin + (static_cast<double>(i) + 0.5) * scale;
    const int64_t low = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
    const int64_t high = std::min<int64_t>(size, static_cast<int64_t>(center + support + 0.5));
    const int64_t count = high - low;
    double total = 0;
    for (int64_t k = 0; k < count; ++k) {
      const double x = (static_cast<double>(k + low) - center + 0.5) * shrink;
      exact[k] = filter == ResizeFilter::kBilinear ? bilinear(x) : bicubic(x);
      total += exact[k];
    }
    axis.first[i] = static_cast<int32_t>(low);
    axis.count[i] = static_cast<int32_t>(count);
    for (int64_t k = 0; k < count; ++k) {
      set_weight(&axis.weights[i * axis.taps * 2], k, fixed_point(exact[k] / total));
    }
  }
}

}  // namespace

void resize(const ResizeKernels& kernels, ResizeFilter filter, const uint8_t* source,
            int64_t height, int64_t width, const ResizeBox& box, int64_t out_height,
            int64_t out_width, ResizeScratch& scratch, uint8_t* out) {
  if (box.left == 0 && box.top == 0 && box.right == static_cast<double>(width) &&
      box.bottom == static_cast<double>(height) && out_width == width && out_height == height) {
    std::copy_n(source, height * width * 3, out);
    return;
  }
  ResizeAxis& x = scratch.x;
  ResizeAxis& y = scratch.y;
  plan(filter, width, box.left, box.right, out_width, scratch.exact, x);
  plan(filter, height, box.top, box.bottom, out_height, scratch.exact, y);
  const int64_t top = y.first.front();
  const int64_t rows = y.first.back() + y.count.back() - top;
  const int64_t stride = out_width * 3;
  scratch.rows.resize(static_cast<size_t>(rows * stride));
  kernels.rows(source + top * width * 3, rows, width, (height - top) * width * 3, x.first.data(),
               x.count.data(), x.weights.data(), x.taps, out_width, scratch.rows.data());
  for (int64_t i = 0; i < out_height; ++i) {
    kernels.column(&scratch.rows[(y.first[i] - top) * stride], stride, y.count[i],
                   &y.weights[i * y.taps * 2], out + i * stride);
  }
}

}  // namespace tpretrain::kernels
