#include "train/report/axis.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "tpretrain/base/text.h"

namespace tpretrain::report {
namespace {

constexpr double kRounding = 1e-9;
constexpr double kSmallest = 1e-90;  // steps below would lose digits as subnormal numbers

double power_of_ten(int exponent) {
  return std::pow(10.0, exponent);
}

int decimal_exponent(double value) {
  return static_cast<int>(std::floor(std::log10(std::fabs(value))));
}

std::string fixed(double value, int decimals) {
  return fmt::format("{:.{}f}", value == 0 ? 0.0 : value, std::max(0, decimals));
}

/// "0.5e-3": all marks of an axis with one exponent.
std::string scientific(double value, int exponent, int decimals) {
  return fixed(value / power_of_ten(exponent), decimals) + "e" + std::to_string(exponent);
}

}  // namespace

double TickStep::multiple(int64_t count) const {
  const double whole = static_cast<double>(count) * mantissa;
  return exponent >= 0 ? whole * power_of_ten(exponent) : whole / power_of_ten(-exponent);
}

int64_t TickStep::floor_of(double value) const {
  return static_cast<int64_t>(std::floor(value / multiple(1) + kRounding));
}

int64_t TickStep::ceil_of(double value) const {
  return static_cast<int64_t>(std::ceil(value / multiple(1) - kRounding));
}

TickStep nice_step(Range range, int most) {
  const double smallest = (range.high - range.low) / most;
  TickStep step{1, decimal_exponent(smallest)};
  const double ratio = smallest / power_of_ten(step.exponent);
  for (const int mantissa : {1, 2, 5}) {
    if (ratio <= mantissa * (1 + kRounding)) {
      step.mantissa = mantissa;
      return step;
    }
  }
  return {1, step.exponent + 1};
}

Range widened(Range range) {
  const double largest = std::max(std::fabs(range.low), std::fabs(range.high));
  if (range.high - range.low > std::max(kRounding * largest, kSmallest)) {
    return range;
  }
  const double margin = 0.1 * largest > kSmallest ? 0.1 * largest : 1.0;
  return {range.low - margin, range.high + margin};
}

Range enclosing(Range range, TickStep step) {
  return {step.multiple(step.floor_of(range.low)), step.multiple(step.ceil_of(range.high))};
}

std::vector<double> tick_values(Range range, TickStep step) {
  std::vector<double> values;
  const int64_t last = step.floor_of(range.high);
  for (int64_t count = step.ceil_of(range.low); count <= last; ++count) {
    values.push_back(step.multiple(count));
  }
  return values;
}

std::string tick_label(double value, TickStep step, Range range, Unit unit) {
  if (unit == Unit::kShare) {
    return fixed(100 * value, -step.exponent - 2) + "%";
  }
  const double largest = std::max(std::fabs(range.low), std::fabs(range.high));
  if (value == 0 || (largest >= 0.01 && largest < 1e4)) {
    return value == 0 ? "0" : fixed(value, -step.exponent);
  }
  if (largest < 0.01 || largest >= 1e15) {
    const int exponent = decimal_exponent(largest);
    return scientific(value, exponent, exponent - step.exponent);
  }
  constexpr std::array<const char*, 4> kUnits = {"k", "M", "G", "T"};
  const int unit_index = std::min(decimal_exponent(largest) / 3, 4);
  return fixed(value / power_of_ten(3 * unit_index), 3 * unit_index - step.exponent) +
         kUnits[static_cast<size_t>(unit_index - 1)];
}

std::string value_text(double value, Unit unit) {
  if (!std::isfinite(value)) {
    return "not finite";
  }
  if (unit == Unit::kShare) {
    return fixed(100 * value, 1) + "%";
  }
  const double size = std::fabs(value);
  if (size >= 1e4 && size < 1e15) {
    return with_commas(std::llround(value));
  }
  if (value == 0) {
    return "0";
  }
  if (size < 0.01 || size >= 1e15) {
    return fmt::format("{:.2e}", value);
  }
  return fixed(value, size < 100 ? 4 : 1);
}

}  // namespace tpretrain::report
