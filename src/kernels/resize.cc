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
void plan_axis(ResizeFilter filter, int64_t size, double begin, double end, int64_t outputs,
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

void mirror(ResizeAxis& axis) {
  std::reverse(axis.first.begin(), axis.first.end());
  std::reverse(axis.count.begin(), axis.count.end());
  const int64_t size = axis.taps * 2;
  auto left = axis.weights.begin();
  for (auto right = axis.weights.end() - size; left < right; left += size, right -= size) {
    std::swap_ranges(left, left + size, right);
  }
}

/// Of the source, pixels [first, end) count.
struct Extent {
  int64_t first;
  int64_t end;
};

/// The outputs of an axis go through the source in one direction or the other.
Extent extent(const ResizeAxis& axis) {
  return {std::min(axis.first.front(), axis.first.back()),
          std::max(axis.first.front() + axis.count.front(), axis.first.back() + axis.count.back())};
}

/// The fast pass over rows reads this much beyond its last pixel.
constexpr int64_t kSlack = 16;

void rows_first(const ResizeKernels& kernels, const uint8_t* source, int64_t height, int64_t width,
                ResizeScratch& scratch, uint8_t* out) {
  const ResizeAxis& x = scratch.x;
  const ResizeAxis& y = scratch.y;
  const Extent rows = extent(y);
  const auto out_width = static_cast<int64_t>(x.first.size());
  const int64_t stride = out_width * 3;
  scratch.between.resize(static_cast<size_t>((rows.end - rows.first) * stride));
  kernels.rows(source + rows.first * width * 3, rows.end - rows.first, width,
               (height - rows.first) * width * 3, x.first.data(), x.count.data(), x.weights.data(),
               x.taps, out_width, scratch.between.data());
  for (size_t i = 0; i < y.first.size(); ++i) {
    kernels.column(&scratch.between[(y.first[i] - rows.first) * stride], stride, stride, y.count[i],
                   &y.weights[i * y.taps * 2], out + i * stride);
  }
}

void columns_first(const ResizeKernels& kernels, const uint8_t* source, int64_t width,
                   ResizeScratch& scratch, uint8_t* out) {
  ResizeAxis& x = scratch.x;
  const ResizeAxis& y = scratch.y;
  const Extent columns = extent(x);
  const auto out_height = static_cast<int64_t>(y.first.size());
  const int64_t wide = columns.end - columns.first;
  const int64_t size = out_height * wide * 3;
  scratch.between.resize(static_cast<size_t>(size + kSlack));
  for (int64_t i = 0; i < out_height; ++i) {
    kernels.column(source + (y.first[i] * width + columns.first) * 3, width * 3, wide * 3,
                   y.count[i], &y.weights[i * y.taps * 2], &scratch.between[i * wide * 3]);
  }
  for (int32_t& first : x.first) {
    first -= static_cast<int32_t>(columns.first);
  }
  kernels.rows(scratch.between.data(), out_height, wide, size + kSlack, x.first.data(),
               x.count.data(), x.weights.data(), x.taps, static_cast<int64_t>(x.first.size()), out);
}

bool is_copy(const ResizePlan& plan, int64_t height, int64_t width) {
  const ResizeBox& box = plan.box;
  return !plan.mirrored && plan.height == height && plan.width == width && box.left == 0 &&
         box.top == 0 && box.right == static_cast<double>(width) &&
         box.bottom == static_cast<double>(height);
}

}  // namespace

PassOrder pass_order(int64_t height, int64_t width, int64_t out_height, int64_t out_width) {
  return out_height < height && height - out_height > 2 * (width - out_width)
             ? PassOrder::kColumnsFirst
             : PassOrder::kRowsFirst;
}

void resize(const ResizeKernels& kernels, const ResizePlan& plan, const uint8_t* source,
            int64_t height, int64_t width, ResizeScratch& scratch, uint8_t* out) {
  if (is_copy(plan, height, width)) {
    std::copy_n(source, height * width * 3, out);
    return;
  }
  const ResizeBox& box = plan.box;
  plan_axis(plan.filter, width, box.left, box.right, plan.width, scratch.exact, scratch.x);
  if (plan.mirrored) {
    mirror(scratch.x);
  }
  plan_axis(plan.filter, height, box.top, box.bottom, plan.height, scratch.exact, scratch.y);
  if (plan.order == PassOrder::kRowsFirst) {
    rows_first(kernels, source, height, width, scratch, out);
  } else {
    columns_first(kernels, source, width, scratch, out);
  }
}

}  // namespace tpretrain::kernels
