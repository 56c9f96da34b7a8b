#include <cmath>

#include "tests/train/support.h"

namespace tpretrain {
namespace {

std::shared_ptr<Schedule> schedule(const std::string& yaml, int64_t total, int64_t epoch = 0) {
  return testing::whole_registry().make<Schedule>(testing::choice(yaml),
                                                  {.total = total, .epoch = epoch});
}

TEST(Schedules, WarmUpRisesLinearlyToOne) {
  for (const std::string name : {"constant", "linear", "cosine", "inverse_sqrt", "wsd"}) {
    const auto made = schedule("{" + name + ": {warmup: 4 steps}}", 100);
    EXPECT_DOUBLE_EQ(made->factor(0), 0.25) << name;
    EXPECT_DOUBLE_EQ(made->factor(1), 0.5) << name;
    EXPECT_DOUBLE_EQ(made->factor(2), 0.75) << name;
    EXPECT_DOUBLE_EQ(made->factor(3), 1) << name;
  }
}

TEST(Schedules, WarmUpMayBeAShareOrEpochs) {
  EXPECT_DOUBLE_EQ(schedule("{constant: {warmup: 10 %}}", 50)->factor(0), 0.2);
  EXPECT_DOUBLE_EQ(schedule("{constant: {warmup: 2 epochs}}", 50, 5)->factor(0), 0.1);
  EXPECT_DOUBLE_EQ(schedule("constant: {}", 50)->factor(0), 1);
}

TEST(Schedules, LinearFallsToItsFloorAtTheEnd) {
  const auto linear = schedule("{linear: {warmup: 4 steps}}", 10);
  EXPECT_DOUBLE_EQ(linear->factor(4), 1);
  EXPECT_DOUBLE_EQ(linear->factor(7), 0.5);
  EXPECT_NEAR(linear->factor(9), 1.0 / 6, 1e-12);
  EXPECT_DOUBLE_EQ(linear->factor(10), 0);
  EXPECT_DOUBLE_EQ(linear->factor(99), 0);
  EXPECT_NEAR(schedule("{linear: {floor: 0.1}}", 10)->factor(5), 0.1 + 0.9 * 0.5, 1e-12);
}

TEST(Schedules, CosineIsHalfWayInTheMiddle) {
  const auto cosine = schedule("{cosine: {warmup: 4 steps}}", 12);
  EXPECT_DOUBLE_EQ(cosine->factor(4), 1);
  EXPECT_NEAR(cosine->factor(8), 0.5, 1e-12);
  EXPECT_NEAR(cosine->factor(6), 0.5 + 0.5 * std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(cosine->factor(12), 0, 1e-12);
  EXPECT_NEAR(schedule("{cosine: {floor: 0.2}}", 12)->factor(6), 0.6, 1e-12);
}

TEST(Schedules, InverseSqrtFallsWithTheRootOfTheStep) {
  const auto made = schedule("{inverse_sqrt: {warmup: 4 steps}}", 100);
  EXPECT_DOUBLE_EQ(made->factor(15), 0.5);
  EXPECT_DOUBLE_EQ(made->factor(35), 1.0 / 3);
  EXPECT_DOUBLE_EQ(schedule("inverse_sqrt: {}", 100)->factor(3), 0.5);
}

TEST(Schedules, WsdIsStableThenDecays) {
  const auto linear = schedule("{wsd: {warmup: 10 steps}}", 100);  // the last 20 %
  EXPECT_DOUBLE_EQ(linear->factor(50), 1);
  EXPECT_DOUBLE_EQ(linear->factor(80), 1);
  EXPECT_DOUBLE_EQ(linear->factor(90), 0.5);
  EXPECT_NEAR(linear->factor(99), 0.05, 1e-12);
  EXPECT_NEAR(schedule("{wsd: {decay: 20 steps, shape: cosine}}", 100)->factor(85),
              0.5 + 0.5 * std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(schedule("{wsd: {decay: 20 steps, shape: sqrt}}", 100)->factor(85), 0.5, 1e-12);
  EXPECT_NEAR(schedule("{wsd: {decay: 20 steps, floor: 0.5}}", 100)->factor(90), 0.75, 1e-12);
}

}  // namespace
}  // namespace tpretrain
