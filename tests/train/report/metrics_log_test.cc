#include "train/report/metrics_log.h"

#include <cmath>

#include <gtest/gtest.h>

namespace tpretrain::report {
namespace {

constexpr const char* kText =
    "{\"schema\":1,\"run\":\"small\",\"recipe\":\"00\"}\n"
    "{\"step\":1,\"split\":\"train\",\"loss\":3.5,\"lr\":0.1}\n"
    "{\"step\":2,\"split\":\"train\",\"loss\":null,\"lr\":0.2}\n"
    "{\"step\":2,\"split\":\"valid\",\"loss\":3.0}\n";

TEST(MetricsLog, HasASeriesForEachNumberOfEachSplit) {
  const MetricsLog log = parse_metrics(kText);
  EXPECT_EQ(log.run, "small");
  EXPECT_EQ(log.last_step, 2);
  EXPECT_EQ(log.unreadable, 0);
  const Series* loss = log.find("train", "loss");
  ASSERT_NE(loss, nullptr);
  ASSERT_EQ(loss->size(), 2U);
  EXPECT_EQ((*loss)[0].x, 1);
  EXPECT_EQ((*loss)[0].y, 3.5);
  EXPECT_TRUE(std::isnan((*loss)[1].y)) << "null is a gap";
  EXPECT_EQ(log.find("train", "lr")->back().y, 0.2);
  EXPECT_EQ(log.find("valid", "lr"), nullptr);
  EXPECT_EQ(log.find("train", "step"), nullptr);
  EXPECT_EQ(log.find("test", "loss"), nullptr);
}

TEST(MetricsLog, PassesOverATornLastLine) {
  const MetricsLog log = parse_metrics(std::string(kText) + "{\"step\":3,\"split\":\"tra");
  EXPECT_EQ(log.last_step, 2);
  EXPECT_EQ(log.unreadable, 0);
}

TEST(MetricsLog, CountsOtherLinesThatSayNothing) {
  const MetricsLog log = parse_metrics(
      "[1]\n"
      "nonsense\n"
      "{\"step\":-1,\"split\":\"train\",\"loss\":1}\n"
      "{\"step\":1.5,\"split\":\"train\",\"loss\":1}\n"
      "{\"step\":1e300,\"split\":\"train\",\"loss\":1}\n"
      "{\"step\":18446744073709551615,\"split\":\"train\",\"loss\":1}\n"
      "{\"step\":1,\"split\":7,\"loss\":1}\n"
      "{\"step\":1,\"split\":\"train\",\"loss\":1}\n");
  EXPECT_EQ(log.unreadable, 7);
  EXPECT_EQ(log.last_step, 1);
  EXPECT_EQ(log.find("train", "loss")->size(), 1U);
}

TEST(MetricsLog, LinesOutOfOrderAreSortedByStep) {
  const MetricsLog log = parse_metrics(
      "{\"step\":20,\"split\":\"train\",\"loss\":2}\n"
      "{\"step\":10,\"split\":\"train\",\"loss\":1}\n");
  EXPECT_EQ(log.find("train", "loss")->front().x, 10);
  EXPECT_EQ(log.last_step, 20);
}

TEST(MetricsLog, SplitsBeginWithTrainAndValid) {
  const MetricsLog log = parse_metrics(
      "{\"step\":1,\"split\":\"aside\"}\n{\"step\":1,\"split\":\"valid\"}\n"
      "{\"step\":1,\"split\":\"train\"}\n");
  EXPECT_EQ(log.splits(), (std::vector<std::string>{"train", "valid", "aside"}));
}

TEST(MetricsLog, OfNothingIsEmpty) {
  EXPECT_TRUE(parse_metrics("").series.empty());
  EXPECT_TRUE(parse_metrics("\n\n").series.empty());
}

}  // namespace
}  // namespace tpretrain::report
