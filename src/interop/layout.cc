#include "interop/layout.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/shape_text.h"

namespace tpretrain {
namespace {

constexpr int64_t kChannels = 3;

[[noreturn]] void does_not_fit(const NameRule& rule, const Shape& ours, const char* what) {
  throw ConfigError(fmt::format("'{}' must be {} for '{}', but is {} instead.", rule.ours.front(),
                                what, rule.theirs.front(), shape_text(ours)));
}

/// Side of a square patch; 0 when `columns` is no patch.
int64_t patch_side(int64_t columns) {
  const auto side = static_cast<int64_t>(
      std::lround(std::sqrt(static_cast<double>(columns) / static_cast<double>(kChannels))));
  return side * side * kChannels == columns ? side : 0;
}

/// Calls `move(ours, theirs)` with the two places of every number.
template <typename Move>
void each_place(WeightLayout layout, const Shape& ours, size_t count, Move move) {
  if (layout == WeightLayout::kSame) {
    for (size_t i = 0; i < count; ++i) {
      move(i, i);
    }
    return;
  }
  const auto rows = static_cast<size_t>(ours.at(0));
  const auto columns = static_cast<size_t>(ours.at(1));
  const auto pixels = columns / static_cast<size_t>(kChannels);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < columns; ++column) {
      const size_t channel = column % static_cast<size_t>(kChannels);
      const size_t pixel = column / static_cast<size_t>(kChannels);
      move(row * columns + column, layout == WeightLayout::kTransposed
                                       ? column * rows + row
                                       : row * columns + channel * pixels + pixel);
    }
  }
}

}  // namespace

Shape without_ones(const Shape& shape) {
  return {std::find_if(shape.begin(), shape.end(), [](int64_t size) { return size != 1; }),
          shape.end()};
}

Shape stacked_shape(const NameRule& rule, const std::vector<Shape>& ours) {
  Shape whole = ours.at(0);
  for (size_t i = 1; i < ours.size(); ++i) {
    const bool stacks = !whole.empty() && ours[i].size() == whole.size() &&
                        std::equal(whole.begin() + 1, whole.end(), ours[i].begin() + 1);
    if (!stacks) {
      does_not_fit(rule, ours[i], "rows of the same size as its fellows");
    }
    whole[0] += ours[i][0];
  }
  return whole;
}

Shape foreign_shape(const NameRule& rule, const Shape& ours) {
  Shape shape = ours;
  if (rule.layout != WeightLayout::kSame && ours.size() != 2) {
    does_not_fit(rule, ours, "a matrix");
  }
  if (rule.layout == WeightLayout::kTransposed) {
    std::swap(shape[0], shape[1]);
  } else if (rule.layout == WeightLayout::kPatches) {
    const int64_t side = patch_side(ours[1]);
    if (side == 0) {
      does_not_fit(rule, ours, "[D, p * p * 3]");
    }
    shape = {ours[0], kChannels, side, side};
  }
  if (rule.ones) {
    shape = without_ones(shape);
    shape.insert(shape.begin(), static_cast<size_t>(*rule.ones), 1);
  }
  return shape;
}

std::vector<Shape> part_shapes(const NameRule& rule, const Shape& whole) {
  if (rule.theirs.size() == 1) {
    return {whole};
  }
  const auto parts = static_cast<int64_t>(rule.theirs.size());
  if (whole.empty() || whole[0] % parts != 0) {
    does_not_fit(rule, whole, fmt::format("cut into {} equal parts", parts).c_str());
  }
  Shape part = whole;
  part[0] /= parts;
  return std::vector<Shape>(rule.theirs.size(), part);
}

void to_ours(WeightLayout layout, const Shape& ours, std::span<const float> from,
             std::span<float> to) {
  TP_ASSERT(from.size() == to.size());
  each_place(layout, ours, to.size(), [&](size_t a, size_t b) { to[a] = from[b]; });
}

void to_theirs(WeightLayout layout, const Shape& ours, std::span<const float> from,
               std::span<float> to) {
  TP_ASSERT(from.size() == to.size());
  each_place(layout, ours, to.size(), [&](size_t a, size_t b) { to[b] = from[a]; });
}

}  // namespace tpretrain
