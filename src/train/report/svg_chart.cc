#include "train/report/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "train/report/html.h"

namespace tpretrain::report {
namespace {

constexpr double kWidth = 480;
constexpr double kHeight = 240;
constexpr double kLeft = 52;
constexpr double kRight = 16;
constexpr double kTop = 10;
constexpr double kBottom = 26;
constexpr int kMostTicksX = 7;
constexpr int kMostTicksY = 6;
constexpr size_t kMostPoints = 1000;
constexpr size_t kMostDots = 60;
/// Larger values are drawn as gaps: differences of what is left stay finite.
constexpr double kLargest = 1e100;

bool drawable(double value) {
  return std::fabs(value) <= kLargest;  // false for NaN too
}

/// Where values of a range lie between two ends of the drawing.
struct Scale {
  Range range;
  double first;
  double last;

  std::string at(double value) const {
    const double share = (value - range.low) / (range.high - range.low);
    return fmt::format("{:.1f}", first + share * (last - first));
  }
};

/// The extremes and one gap of [begin, end), in their order.
void add_bucket(const Point* begin, const Point* end, std::vector<Point>& out) {
  const Point* low = nullptr;
  const Point* high = nullptr;
  const Point* gap = nullptr;
  for (const Point* p = begin; p != end; ++p) {
    if (!drawable(p->y)) {
      gap = p;
      continue;
    }
    low = low == nullptr || p->y < low->y ? p : low;
    high = high == nullptr || p->y > high->y ? p : high;
  }
  std::vector<const Point*> chosen = {low, high, gap};
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  for (const Point* p : chosen) {
    if (p != nullptr) {
      out.push_back(*p);
    }
  }
}

double largest_x(const Chart& chart) {
  double largest = 0;
  for (const Line& line : chart.lines) {
    for (const Point& point : line.points) {
      largest = std::max(largest, drawable(point.x) ? point.x : 0);
    }
  }
  return largest > 0 ? largest : 1;
}

std::string path_of(const std::vector<Point>& points, const Scale& x, const Scale& y) {
  std::string path;
  bool pen_down = false;
  for (const Point& point : points) {
    if (!drawable(point.y)) {
      pen_down = false;
      continue;
    }
    const std::string at = x.at(point.x) + " " + y.at(point.y);
    // A point alone between two gaps shows as the round caps of a line without length.
    path += pen_down ? "L" + at : "M" + at + "h0";
    pen_down = true;
  }
  return path;
}

std::string dots_of(const Line& line, Unit unit, const Scale& x, const Scale& y) {
  std::string out;
  for (const Point& point : line.points) {
    if (drawable(point.y)) {
      out += fmt::format(
          "<circle class=\"c{}\" cx=\"{}\" cy=\"{}\" r=\"3\"><title>{}: step {:.0f}, {}</title>"
          "</circle>\n",
          line.ink, x.at(point.x), y.at(point.y), escape_html(line.name), point.x,
          value_text(point.y, unit));
    }
  }
  return out;
}

std::string grid(const Scale& x, TickStep x_step, const Scale& y, TickStep y_step, Unit unit) {
  std::string out;
  for (const double value : tick_values(y.range, y_step)) {
    const std::string at = y.at(value);
    out += fmt::format(
        "<path class=\"grid\" d=\"M{:.0f} {}H{:.0f}\"/><text x=\"{:.0f}\" y=\"{}\" dy=\".35em\" "
        "text-anchor=\"end\">{}</text>\n",
        kLeft, at, kWidth - kRight, kLeft - 6, at, tick_label(value, y_step, y.range, unit));
  }
  out += fmt::format("<path class=\"axis\" d=\"M{:.0f} {:.0f}H{:.0f}\"/>", kLeft, y.first,
                     kWidth - kRight);
  out += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">step</text>\n",
                     kLeft - 14, kHeight - 8);
  for (const double value : tick_values(x.range, x_step)) {
    const std::string at = x.at(value);
    out += fmt::format(
        "<path class=\"axis\" d=\"M{} {:.0f}v4\"/><text x=\"{}\" y=\"{:.0f}\" "
        "text-anchor=\"middle\">{}</text>\n",
        at, y.first, at, kHeight - 8, tick_label(value, x_step, x.range, Unit::kPlain));
  }
  return out;
}

}  // namespace

std::vector<Point> downsample(const std::vector<Point>& points, size_t limit) {
  if (points.size() <= limit) {
    return points;
  }
  const bool gaps = std::any_of(points.begin(), points.end(),
                                [](const Point& point) { return !drawable(point.y); });
  const size_t buckets = std::max<size_t>(1, (limit - 2) / (gaps ? 3 : 2));
  const size_t inner = points.size() - 2;
  std::vector<Point> out = {points.front()};
  for (size_t bucket = 0; bucket < buckets; ++bucket) {
    const Point* first = points.data() + 1;
    add_bucket(first + inner * bucket / buckets, first + inner * (bucket + 1) / buckets, out);
  }
  out.push_back(points.back());
  return out;
}

Range value_range(const Chart& chart) {
  Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  const auto cover = [&range](double value) {
    if (drawable(value)) {
      range = {std::min(range.low, value), std::max(range.high, value)};
    }
  };
  for (const Line& line : chart.lines) {
    for (const Point& point : line.points) {
      cover(point.y);
    }
  }
  for (const Reference& reference : chart.references) {
    cover(reference.y);
  }
  if (range.low > range.high) {
    return {0, 1};
  }
  if (chart.from_zero) {
    cover(0);
    range.high = range.high > range.low ? range.high : range.low + 1;
  }
  return widened(range);
}

std::string svg_chart(const Chart& chart) {
  const Range values = value_range(chart);
  const TickStep y_step = nice_step(values, kMostTicksY);
  const Scale y{enclosing(values, y_step), kHeight - kBottom, kTop};
  const Scale x{{0, largest_x(chart)}, kLeft, kWidth - kRight};
  TickStep x_step = nice_step(x.range, kMostTicksX);
  if (x_step.exponent < 0) {
    x_step = {1, 0};  // there is no half step
  }
  std::string out =
      fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n", kWidth,
                  kHeight, escape_html(chart.title));
  out += grid(x, x_step, y, y_step, chart.unit);
  for (const Reference& reference : chart.references) {
    if (drawable(reference.y)) {
      out += fmt::format("<path class=\"reference\" d=\"M{:.0f} {}H{:.0f}\"/>\n", kLeft,
                         y.at(reference.y), kWidth - kRight);
    }
  }
  for (const Line& line : chart.lines) {
    out += fmt::format("<path class=\"line c{}\" d=\"{}\"/>\n", line.ink,
                       path_of(downsample(line.points, kMostPoints), x, y));
    if (line.marked && line.points.size() <= kMostDots) {
      out += dots_of(line, chart.unit, x, y);
    }
  }
  return out + "</svg>\n";
}

}  // namespace tpretrain::report
