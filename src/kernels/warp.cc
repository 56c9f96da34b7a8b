#include "kernels/warp.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tpretrain::kernels {

Affine translation(double x, double y) {
  return {1, 0, -x, 0, 1, -y};
}

Affine rotation(double degrees, int64_t height, int64_t width) {
  const double angle = degrees * std::numbers::pi / 180;
  const double sine = std::sin(angle);
  const double cosine = std::cos(angle);
  const double x = static_cast<double>(width - 1) / 2;
  const double y = static_cast<double>(height - 1) / 2;
  return {cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y};
}

Affine shear(double x, double y) {
  return {1, x, 0.5 * x, y, 1, 0.5 * y};
}

void warp(const uint8_t* source, int64_t height, int64_t width, const Affine& to_source,
          Border border, uint8_t* out) {
  const auto right = static_cast<double>(width - 1);
  const auto bottom = static_cast<double>(height - 1);
  const uint8_t outside = border == Border::kWhite ? 255 : 0;
  for (int64_t row = 0; row < height; ++row) {
    for (int64_t column = 0; column < width; ++column, out += 3) {
      const auto x = static_cast<double>(column);
      const auto y = static_cast<double>(row);
      const double at_x = std::nearbyint(to_source[0] * x + to_source[1] * y + to_source[2]);
      const double at_y = std::nearbyint(to_source[3] * x + to_source[4] * y + to_source[5]);
      const double in_x = std::clamp(at_x, 0.0, right);
      const double in_y = std::clamp(at_y, 0.0, bottom);
      if (border != Border::kEdge && (in_x != at_x || in_y != at_y)) {
        std::fill_n(out, 3, outside);
      } else {
        std::copy_n(source + 3 * (static_cast<int64_t>(in_y) * width + static_cast<int64_t>(in_x)),
                    3, out);
      }
    }
  }
}

}  // namespace tpretrain::kernels
