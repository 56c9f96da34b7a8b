#include <algorithm>
#include <array>
#include <cmath>

#include "tpretrain/base/error.h"
#include "tpretrain/interop/convert.h"

namespace tpretrain {
namespace {

constexpr double kBend = -0.75;  // of the cubic kernel, PyTorch's choice (Keys 1981 has -0.5)

/// Four neighbours of an output place and what each counts.
struct Taps {
  std::array<int64_t, 4> index;
  std::array<double, 4> weight;
};

/// The kernel at distance `x` from a neighbour.
double cubic(double x) {
  x = std::abs(x);
  return x <= 1 ? ((kBend + 2) * x - (kBend + 3)) * x * x + 1
                : ((kBend * x - 5 * kBend) * x + 8 * kBend) * x - 4 * kBend;
}

Taps taps_of(int64_t place, int64_t from, int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double at = (static_cast<double>(place) + 0.5) * scale - 0.5;
  const double floor = std::floor(at);
  Taps taps{};
  for (int64_t i = 0; i < 4; ++i) {
    const auto neighbour = static_cast<int64_t>(floor) + i - 1;
    const auto slot = static_cast<size_t>(i);
    taps.index[slot] = std::clamp<int64_t>(neighbour, 0, from - 1);
    taps.weight[slot] = cubic(at - static_cast<double>(neighbour));
  }
  return taps;
}

}  // namespace

void resize_positions(std::span<const float> table, std::span<float> out, int64_t from, int64_t to,
                      int64_t width) {
  const int64_t first = static_cast<int64_t>(table.size()) - from * from * width;
  TP_ASSERT(from > 0 && to > 0 && first >= 0 && first % width == 0 &&
            static_cast<int64_t>(out.size()) == first + to * to * width);
  std::copy_n(table.begin(), first, out.begin());
  const float* grid = table.data() + first;
  float* result = out.data() + first;
  for (int64_t row = 0; row < to; ++row) {
    const Taps vertical = taps_of(row, from, to);
    for (int64_t column = 0; column < to; ++column) {
      const Taps horizontal = taps_of(column, from, to);
      for (int64_t d = 0; d < width; ++d) {
        double sum = 0;
        for (size_t i = 0; i < 4; ++i) {
          for (size_t j = 0; j < 4; ++j) {
            sum += vertical.weight[i] * horizontal.weight[j] *
                   grid[(vertical.index[i] * from + horizontal.index[j]) * width + d];
          }
        }
        *result++ = static_cast<float>(sum);
      }
    }
  }
}

}  // namespace tpretrain
