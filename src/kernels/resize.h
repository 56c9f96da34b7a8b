/// Separable resize of 8-bit RGB pictures with antialias, as PIL's Image.resize(size, filter, box)
/// does it: the filter is stretched by the reduction, weights are rounded to 22 fractional bits,
/// and each of the two passes rounds to 8 bits, so that their order matters.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/resize_kernels.h"

namespace tpretrain::kernels {

enum class ResizeFilter {
  kBilinear,  ///< triangle of radius 1
  kBicubic,   ///< cubic convolution of radius 2 with a = -0.5 (Keys 1981)
};

/// A part of a picture in pixels from its upper left corner; edges may lie between pixels.
struct ResizeBox {
  double left;
  double top;
  double right;
  double bottom;
};

enum class PassOrder { kRowsFirst, kColumnsFirst };

/// The order that PIL (from 13 on; rows first before) takes for a whole picture: columns first
/// where they shrink by more than twice as many pixels as rows.
PassOrder pass_order(int64_t height, int64_t width, int64_t out_height, int64_t out_width);

/// What to make of a picture.
struct ResizePlan {
  ResizeFilter filter;
  PassOrder order;
  ResizeBox box;  ///< lies in the picture and has an area
  int64_t height;
  int64_t width;
  bool mirrored = false;  ///< left and right change places
};

/// Weights of one axis, in the form of kernels/resize_kernels.h.
struct ResizeAxis {
  int64_t taps = 0;  ///< room for the weights of one output, a multiple of 4
  std::vector<int32_t> first;
  std::vector<int32_t> count;
  std::vector<int16_t> weights;
};

/// Buffers of `resize`, kept between calls to save their allocation.
struct ResizeScratch {
  ResizeAxis x;
  ResizeAxis y;
  std::vector<double> exact;
  std::vector<uint8_t> between;  ///< the passes
};

/// source [height, width, 3] -> out [plan.height, plan.width, 3]. The filter reads beyond the box
/// where the picture goes on.
void resize(const ResizeKernels& kernels, const ResizePlan& plan, const uint8_t* source,
            int64_t height, int64_t width, ResizeScratch& scratch, uint8_t* out);

}  // namespace tpretrain::kernels
