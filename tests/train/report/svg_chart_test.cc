#include "train/report/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace tpretrain::report {
namespace {

const double kNan = std::nan("");

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

/// The `d` of the first line of a chart.
std::string line_path(const std::string& svg) {
  const size_t line = svg.find("<path class=\"line");
  const size_t begin = svg.find("d=\"", line) + 3;
  return svg.substr(begin, svg.find('"', begin) - begin);
}

Chart chart_of(std::vector<Point> points) {
  Chart chart;
  chart.title = "loss";
  chart.lines.push_back({"train", std::move(points), 0, false});
  return chart;
}

TEST(SvgChart, PutsPointsWhereTheAxesSay) {
  // x: 0 to 100 on 52 to 464; y: 0 to 10 on 214 to 10.
  const std::string svg = svg_chart(chart_of({{0, 0}, {50, 5}, {100, 10}}));
  EXPECT_EQ(line_path(svg), "M52.0 214.0h0L258.0 112.0L464.0 10.0");
  EXPECT_NE(svg.find("y=\"132.4\" dy=\".35em\" text-anchor=\"end\">4</text>"), std::string::npos);
  EXPECT_NE(svg.find("x=\"216.8\" y=\"232\" text-anchor=\"middle\">40</text>"), std::string::npos);
  EXPECT_EQ(svg.find(">5</text>"), std::string::npos) << "steps of 2";
}

TEST(SvgChart, AValueThatIsNotFiniteIsAGap) {
  const std::string path = line_path(
      svg_chart(chart_of({{0, 1}, {1, 2}, {2, kNan}, {3, 1}, {4, INFINITY}, {5, 2}, {6, 1e200}})));
  EXPECT_EQ(count_of(path, "M"), 3U) << path;
  EXPECT_EQ(count_of(path, "L"), 1U) << path;
  EXPECT_EQ(path.find("nan"), std::string::npos);
  EXPECT_EQ(path.find("inf"), std::string::npos);
}

TEST(SvgChart, OfNoValuesStillHasAxes) {
  for (const Chart& chart : {chart_of({}), chart_of({{1, kNan}}), Chart{}}) {
    const std::string svg = svg_chart(chart);
    EXPECT_NE(svg.find("class=\"grid\""), std::string::npos);
    EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
  }
}

TEST(SvgChart, CoversReferencesAndZero) {
  Chart chart = chart_of({{1, 5}, {2, 6}});
  chart.references.push_back({"unigram", 8});
  EXPECT_EQ(value_range(chart).low, 5);
  EXPECT_EQ(value_range(chart).high, 8);
  EXPECT_EQ(count_of(svg_chart(chart), "class=\"reference\""), 1U);
  chart.from_zero = true;
  EXPECT_EQ(value_range(chart).low, 0);
  Chart zeros = chart_of({{1, 0}});
  zeros.from_zero = true;
  EXPECT_EQ(value_range(zeros).low, 0);
  EXPECT_EQ(value_range(zeros).high, 1);
}

TEST(SvgChart, EscapesNamesAndGivesDotsAValue) {
  Chart chart = chart_of({{200, 6.55}});
  chart.title = "<b>\"";
  chart.lines[0].name = "<i>";
  chart.lines[0].marked = true;
  const std::string svg = svg_chart(chart);
  EXPECT_NE(svg.find("aria-label=\"&lt;b&gt;&quot;\""), std::string::npos);
  EXPECT_NE(svg.find("<title>&lt;i&gt;: step 200, 6.5500</title>"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("<i>"), std::string::npos);
}

TEST(SvgChart, StepsAreWholeNumbers) {
  const std::string svg = svg_chart(chart_of({{1, 1}, {2, 3}}));
  EXPECT_EQ(svg.find("text-anchor=\"middle\">0.5"), std::string::npos);
  EXPECT_NE(svg.find("text-anchor=\"middle\">1<"), std::string::npos);
}

TEST(SvgChart, HasTheSameBytesTwiceAndIsBounded) {
  std::mt19937 draws(7);
  std::vector<Point> points;
  for (int i = 0; i < 100'000; ++i) {
    points.push_back({static_cast<double>(i), static_cast<double>(draws() % 1000)});
  }
  const Chart chart = chart_of(points);
  EXPECT_EQ(svg_chart(chart), svg_chart(chart));
  EXPECT_LE(count_of(line_path(svg_chart(chart)), "L"), 1000U);
}

TEST(Downsample, KeepsEndsExtremesAndOrder) {
  std::mt19937 draws(3);
  for (const size_t size : {1001U, 1500U, 5000U, 99'999U}) {
    std::vector<Point> points;
    for (size_t i = 0; i < size; ++i) {
      points.push_back({static_cast<double>(i), static_cast<double>(draws()) / 4e9});
    }
    points[size / 3].y = 7;
    points[size / 2].y = -7;
    const std::vector<Point> fewer = downsample(points, 1000);
    EXPECT_LE(fewer.size(), 1000U);
    EXPECT_GE(fewer.size(), 600U);
    EXPECT_EQ(fewer.front().x, 0);
    EXPECT_EQ(fewer.back().x, static_cast<double>(size - 1));
    const auto less = [](const Point& a, const Point& b) { return a.y < b.y; };
    EXPECT_EQ(std::max_element(fewer.begin(), fewer.end(), less)->y, 7);
    EXPECT_EQ(std::min_element(fewer.begin(), fewer.end(), less)->y, -7);
    for (size_t i = 1; i < fewer.size(); ++i) {
      EXPECT_LT(fewer[i - 1].x, fewer[i].x);
    }
  }
}

TEST(Downsample, KeepsGaps) {
  std::vector<Point> points;
  for (int i = 0; i < 20'000; ++i) {
    points.push_back({static_cast<double>(i), i == 9'000 ? kNan : 1.0 + i % 7});
  }
  const std::vector<Point> fewer = downsample(points, 1000);
  EXPECT_LE(fewer.size(), 1000U);
  EXPECT_EQ(std::count_if(fewer.begin(), fewer.end(),
                          [](const Point& point) { return std::isnan(point.y); }),
            1);
}

TEST(Downsample, LeavesShortSeriesAlone) {
  const std::vector<Point> points = {{1, 1}, {2, 1}, {3, 1}};
  EXPECT_EQ(downsample(points, 3).size(), 3U);
}

}  // namespace
}  // namespace tpretrain::report
