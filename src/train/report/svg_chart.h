/// A line chart as SVG text. Colours come from the style of the page: classes `c0` to `c3` for
/// lines, `reference`, `grid` and `axis`. Equal charts have equal bytes.
#pragma once

#include <string>
#include <vector>

#include "train/report/axis.h"

namespace tpretrain::report {

/// `y` that is not finite is a gap in the line.
struct Point {
  double x = 0;
  double y = 0;
};

struct Line {
  std::string name;
  std::vector<Point> points;  ///< ascending in x
  int ink = 0;                ///< colour, 0 to kInks - 1
  bool marked = false;        ///< a dot at each point: for few points
};

/// A level to compare with.
struct Reference {
  std::string name;
  double y = 0;
};

struct Chart {
  static constexpr int kInks = 4;

  std::string title;
  Unit unit = Unit::kPlain;
  bool from_zero = false;  ///< the y axis begins at 0
  std::vector<Line> lines;
  std::vector<Reference> references;
};

/// At most about `limit` points with the same outline: the ends, and of every bucket in between the
/// lowest, the highest and, where it has one, a gap.
std::vector<Point> downsample(const std::vector<Point>& points, size_t limit);

/// The y values that the axis must cover.
Range value_range(const Chart& chart);

std::string svg_chart(const Chart& chart);

}  // namespace tpretrain::report
