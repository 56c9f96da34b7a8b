/// Rotations, shears and shifts of 8-bit RGB pictures by the nearest pixel.
#pragma once

#include <array>
#include <cstdint>

namespace tpretrain::kernels {

/// What stands outside of a picture.
enum class Border { kEdge, kWhite, kBlack };

/// From an output pixel to its source: x' = m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y + m[5];
/// whole numbers are pixel centres.
using Affine = std::array<double, 6>;

/// Content moves right by `x` and down by `y`.
Affine translation(double x, double y);
/// Counter-clockwise around the centre.
Affine rotation(double degrees, int64_t height, int64_t width);
/// Each row moves left by `x` of its distance from the top, each column up by `y` of its distance
/// from the left.
Affine shear(double x, double y);

/// source and out are [height, width, 3] and do not overlap. Halves round to even.
void warp(const uint8_t* source, int64_t height, int64_t width, const Affine& to_source,
          Border border, uint8_t* out);

}  // namespace tpretrain::kernels
