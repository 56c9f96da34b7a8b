#include "train/baseline.h"

#include <cmath>

#include "tests/train/support.h"

namespace tpretrain {
namespace {

using testing::FakeText;
using testing::int_tensor;

BatchVisitor labels(const std::vector<std::vector<int32_t>>& batches) {
  return [batches](const std::function<void(const Batch&)>& use) {
    for (const auto& values : batches) {
      Batch batch;
      batch.set("mlm.labels", int_tensor(values));
      use(batch);
    }
  };
}

TEST(UnigramBaseline, IsTheFrequencyWithOneAdded) {
  // Counts 0, 3, 1, 0 and one each: 1/8, 4/8, 2/8, 1/8.
  const UnigramBaseline baseline(FakeText(FakeText::Documents{{{1, 1, 2}, {1}}}), 4);
  const LossReport report = baseline.evaluate("mlm", "mlm.labels", labels({{1, 2}, {3, 0}}));
  EXPECT_NEAR(report.losses.at("mlm"), (1 + 2 + 3 + 3) * std::log(2.0) / 4, 1e-12);
  EXPECT_EQ(report.loss, report.losses.at("mlm"));
  EXPECT_DOUBLE_EQ(report.accuracy.at("mlm"), 0.25) << "it always says 1";
}

TEST(UnigramBaseline, CountsUpToItsLimit) {
  // The first document reaches the limit: counts 1, 3, 1 of 5.
  const UnigramBaseline baseline(FakeText(FakeText::Documents{{{1, 1}}, {{2, 2, 2, 2}}}), 3, 5);
  const LossReport report = baseline.evaluate("mlm", "mlm.labels", labels({{1}}));
  EXPECT_NEAR(report.losses.at("mlm"), std::log(5.0 / 3), 1e-12);
  EXPECT_EQ(report.accuracy.at("mlm"), 1);
}

TEST(UnigramBaseline, WithoutLabelsItSaysNothing) {
  const UnigramBaseline baseline(FakeText(FakeText::Documents{{{1}}}), 4);
  const LossReport report = baseline.evaluate("mlm", "mlm.labels", labels({}));
  EXPECT_EQ(report.loss, 0);
  EXPECT_TRUE(report.losses.empty());
}

}  // namespace
}  // namespace tpretrain
