/// Axes of charts: ranges, round marks, and what stands beside a mark.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tpretrain::report {

struct Range {
  double low = 0;
  double high = 1;
};

/// How a number is shown.
enum class Unit { kPlain, kShare };  ///< kShare: 0.25 as 25%

/// The distance of two marks: mantissa (1, 2 or 5) x 10^exponent. Marks are its multiples, computed
/// from whole numbers, so that equal charts have equal bytes.
struct TickStep {
  int mantissa = 1;
  int exponent = 0;

  double multiple(int64_t count) const;
  /// Multiples at or below, at or above; a value within rounding of a multiple is that multiple.
  int64_t floor_of(double value) const;
  int64_t ceil_of(double value) const;
};

/// The smallest step that cuts the range into at most `most` parts. `range.low < range.high`.
TickStep nice_step(Range range, int most);

/// A range that can be drawn: equal ends and ends equal up to rounding move apart.
Range widened(Range range);

/// The smallest range of whole steps around `range`.
Range enclosing(Range range, TickStep step);

/// The multiples of `step` inside `range`, ascending.
std::vector<double> tick_values(Range range, TickStep step);

/// "0.5", "20%", "15k", "1.5e-3": as many digits as `step` needs; `range` chooses the form.
std::string tick_label(double value, TickStep step, Range range, Unit unit);

/// A single number for people: "5.9252", "18.3%", "2.00e-04", "29,757".
std::string value_text(double value, Unit unit);

}  // namespace tpretrain::report
