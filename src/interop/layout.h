/// Shapes and order of numbers on both sides of a rule.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tpretrain/interop/name_map.h"

namespace tpretrain {

using Shape = std::vector<int64_t>;

/// The shape without its leading sizes of 1: how shapes are compared.
Shape without_ones(const Shape& shape);

/// The shape of our parameters of a rule, rows one after the other. Errors: ConfigError when they
/// do not stack.
Shape stacked_shape(const NameRule& rule, const std::vector<Shape>& ours);

/// The shape that all foreign tensors of the rule have together, for stacked shape `ours`. Errors:
/// ConfigError when the layout does not fit it.
Shape foreign_shape(const NameRule& rule, const Shape& ours);

/// Shapes of the single foreign tensors. Errors: ConfigError when the rows can not be shared out.
std::vector<Shape> part_shapes(const NameRule& rule, const Shape& whole);

/// Numbers from the order of `from` to that of `to`; `ours` is our stacked shape.
void to_ours(WeightLayout layout, const Shape& ours, std::span<const float> from,
             std::span<float> to);
void to_theirs(WeightLayout layout, const Shape& ours, std::span<const float> from,
               std::span<float> to);

}  // namespace tpretrain
