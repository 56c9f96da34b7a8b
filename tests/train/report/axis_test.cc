#include "train/report/axis.h"

#include <cmath>

#include <gtest/gtest.h>

namespace tpretrain::report {
namespace {

TEST(TickStep, IsTheSmallestOfOneTwoFiveThatFits) {
  const auto step = [](double low, double high, int most) {
    return nice_step({low, high}, most).multiple(1);
  };
  EXPECT_EQ(step(0, 5, 5), 1);
  EXPECT_EQ(step(0, 5.1, 5), 2);
  EXPECT_EQ(step(0, 10, 5), 2);
  EXPECT_EQ(step(0, 12, 5), 5);
  EXPECT_EQ(step(0, 26, 5), 10);
  EXPECT_EQ(step(0, 1200, 5), 500);
  EXPECT_EQ(step(5.9, 8.3, 5), 0.5);
  EXPECT_EQ(step(0, 0.002, 5), 0.0005);
  EXPECT_EQ(step(-1e20, 1e20, 5), 5e19);
}

TEST(TickStep, MultiplesAreTheNearestNumbers) {
  const TickStep tenth{1, -1};
  EXPECT_EQ(tenth.multiple(3), 0.3);  // 3 * 0.1 is not
  EXPECT_EQ((TickStep{2, -4}.multiple(7)), 0.0014);
  EXPECT_EQ(tenth.floor_of(0.3), 3);
  EXPECT_EQ(tenth.ceil_of(0.1 + 0.2), 3) << "rounding makes no step more";
  EXPECT_EQ(tenth.ceil_of(0.31), 4);
}

TEST(Ticks, LieInsideTheRange) {
  EXPECT_EQ(tick_values({0, 1200}, {5, 2}), (std::vector<double>{0, 500, 1000}));
  EXPECT_EQ(tick_values({-0.25, 0.3}, {1, -1}),
            (std::vector<double>{-0.2, -0.1, 0, 0.1, 0.2, 0.3}));
}

TEST(Ticks, TheEnclosingRangeIsWholeSteps) {
  const Range range = enclosing({5.93, 8.22}, {5, -1});
  EXPECT_EQ(range.low, 5.5);
  EXPECT_EQ(range.high, 8.5);
  const Range same = enclosing({0.2, 0.6}, {2, -1});
  EXPECT_EQ(same.low, 0.2);
  EXPECT_EQ(same.high, 0.6);
}

TEST(Range, OfEqualValuesMovesApart) {
  EXPECT_EQ(widened({0, 0}).low, -1);
  EXPECT_EQ(widened({0, 0}).high, 1);
  EXPECT_DOUBLE_EQ(widened({2, 2}).low, 1.8);
  EXPECT_DOUBLE_EQ(widened({2, 2}).high, 2.2);
  EXPECT_DOUBLE_EQ(widened({1e12, 1e12 + 1}).high, 1.1 * (1e12 + 1));
  EXPECT_EQ(widened({1, 2}).high, 2);
  EXPECT_EQ(widened({0, 1e-300}).high, 1e-300 + 1);
}

TEST(Labels, HaveAsManyDigitsAsTheStep) {
  EXPECT_EQ(tick_label(5.5, {5, -1}, {5, 8}, Unit::kPlain), "5.5");
  EXPECT_EQ(tick_label(6, {5, -1}, {5, 8}, Unit::kPlain), "6.0");
  EXPECT_EQ(tick_label(0, {5, -1}, {0, 8}, Unit::kPlain), "0");
  EXPECT_EQ(tick_label(500, {5, 2}, {0, 1200}, Unit::kPlain), "500");
  EXPECT_EQ(tick_label(15000, {5, 3}, {0, 30000}, Unit::kPlain), "15k");
  EXPECT_EQ(tick_label(2500, {5, 2}, {0, 30000}, Unit::kPlain), "2.5k");
  EXPECT_EQ(tick_label(1.5e6, {5, 5}, {0, 2e6}, Unit::kPlain), "1.5M");
  EXPECT_EQ(tick_label(0.0015, {5, -4}, {0, 0.002}, Unit::kPlain), "1.5e-3");
  EXPECT_EQ(tick_label(0.001, {5, -4}, {0, 0.002}, Unit::kPlain), "1.0e-3");
  EXPECT_EQ(tick_label(0.0005, {5, -4}, {0, 0.002}, Unit::kPlain), "0.5e-3");
  EXPECT_EQ(tick_label(2e20, {1, 20}, {0, 4e20}, Unit::kPlain), "2e20");
}

TEST(Labels, OfSharesArePercentages) {
  EXPECT_EQ(tick_label(0.2, {1, -1}, {0, 0.5}, Unit::kShare), "20%");
  EXPECT_EQ(tick_label(0.025, {5, -3}, {0, 0.1}, Unit::kShare), "2.5%");
  EXPECT_EQ(tick_label(0, {5, -3}, {0, 0.1}, Unit::kShare), "0.0%");
}

TEST(ValueText, IsShortAndNeverRaw) {
  EXPECT_EQ(value_text(5.92517, Unit::kPlain), "5.9252");
  EXPECT_EQ(value_text(29757.008, Unit::kPlain), "29,757");
  EXPECT_EQ(value_text(0.0002, Unit::kPlain), "2.00e-04");
  EXPECT_EQ(value_text(0, Unit::kPlain), "0");
  EXPECT_EQ(value_text(2076.94, Unit::kPlain), "2076.9");
  EXPECT_EQ(value_text(1e30, Unit::kPlain), "1.00e+30");
  EXPECT_EQ(value_text(0.18341, Unit::kShare), "18.3%");
  EXPECT_EQ(value_text(std::nan(""), Unit::kShare), "not finite");
  EXPECT_EQ(value_text(-INFINITY, Unit::kPlain), "not finite");
}

}  // namespace
}  // namespace tpretrain::report
