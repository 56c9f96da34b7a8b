#include <array>
#include <vector>

#include <ATen/ops/empty.h>
#include <c10/util/StringUtil.h>

#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/parallel.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;

constexpr int64_t kChannels = 3;
constexpr int64_t kLevels = 256;

/// The value of each level of each channel.
template <typename T>
using LevelTable = std::array<std::array<T, kChannels>, kLevels>;

template <typename T>
LevelTable<T> level_table(at::ArrayRef<double> mean, at::ArrayRef<double> deviation) {
  LevelTable<T> table;
  for (size_t level = 0; level < kLevels; ++level) {
    for (size_t c = 0; c < kChannels; ++c) {
      table[level][c] =
          static_cast<T>((static_cast<double>(level) / 255.0 - mean[c]) / deviation[c]);
    }
  }
  return table;
}

void check_patchify(const Tensor& pixels, int64_t patch, at::ArrayRef<double> mean,
                    at::ArrayRef<double> deviation, at::ScalarType dtype) {
  check_shape("pixels", pixels, {{"B"}, {"H"}, {"W"}, {"C", kChannels}});
  check_dtype("pixels", pixels, at::kByte);
  const int64_t height = pixels.size(1);
  const int64_t width = pixels.size(2);
  if (patch < 1 || height % patch != 0 || width % patch != 0) {
    fail_argument("patch", c10::str("a divisor of H = ", height, " and W = ", width),
                  c10::str(patch));
  }
  for (const auto& [name, values] : {std::pair("mean", mean), std::pair("deviation", deviation)}) {
    if (values.size() != kChannels) {
      fail_argument(name, "3 values", c10::str(values.size()));
    }
  }
  for (const double value : deviation) {
    if (!(value > 0)) {
      fail_argument("deviation", "greater than 0", c10::str(value));
    }
  }
  if (dtype != at::kFloat && dtype != at::kDouble) {
    fail_argument("dtype", "float32 or float64", c10::toString(dtype));
  }
}

/// One row of patches of one picture; source [patch, width, 3], out [width / patch, patch * patch *
/// 3].
template <typename T>
void patch_row(const LevelTable<T>& table, const uint8_t* source, int64_t patch, int64_t width,
               T* out) {
  for (int64_t column = 0; column < width / patch; ++column) {
    for (int64_t y = 0; y < patch; ++y) {
      const uint8_t* pixel = source + (y * width + column * patch) * kChannels;
      for (int64_t x = 0; x < patch; ++x, pixel += kChannels, out += kChannels) {
        out[0] = table[pixel[0]][0];
        out[1] = table[pixel[1]][1];
        out[2] = table[pixel[2]][2];
      }
    }
  }
}

}  // namespace

Tensor patchify_cpu(const Tensor& pixels, int64_t patch, at::ArrayRef<double> mean,
                    at::ArrayRef<double> deviation, at::ScalarType dtype) {
  check_patchify(pixels, patch, mean, deviation, dtype);
  const Tensor flat = pixels.contiguous();
  const int64_t width = pixels.size(2);
  const int64_t rows = pixels.size(0) * (pixels.size(1) / patch);
  const int64_t row_size = patch * width * kChannels;
  Tensor out =
      at::empty({rows * (width / patch), patch * patch * kChannels}, pixels.options().dtype(dtype));
  with_float(out, [&]<typename T>() {
    const LevelTable<T> table = level_table<T>(mean, deviation);
    const uint8_t* from = flat.const_data_ptr<uint8_t>();
    T* to = out.mutable_data_ptr<T>();
    parallel_blocks(rows, [&](int64_t row) {
      patch_row(table, from + row * row_size, patch, width, to + row * row_size);
    });
  });
  return out;
}

Tensor patchify(const Tensor& pixels, int64_t patch, DoubleList mean, DoubleList deviation,
                c10::ScalarType dtype) {
  static const auto op =
      find_op<Tensor(const Tensor&, int64_t, at::ArrayRef<double>, at::ArrayRef<double>,
                     at::ScalarType)>("tpretrain::patchify");
  return op.call(pixels, patch, mean, deviation, dtype);
}

}  // namespace tpretrain::ops
