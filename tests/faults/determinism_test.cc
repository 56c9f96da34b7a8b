#include "faults/training.h"

namespace tpretrain {
namespace {

const std::vector<std::string> kExact = {"--set", "train.mode=exact"};

TEST(Determinism, TwoRunsHaveTheSameBits) {
  const Training training;
  const Trace first = training.finish("first");
  EXPECT_EQ(first.metrics.size(), 1U + kSteps + kSteps / 10) << "schema, steps, validations";
  expect_same(training.finish("second"), first, "second run");
}

TEST(Determinism, AnotherSeedHasOtherBits) {
  const Training training;
  const Trace first = training.finish("first");
  const Trace second = training.finish("second", {"--set", "seed=2"});
  EXPECT_FALSE(first.model == second.model);
  EXPECT_NE(first.metrics, second.metrics);
}

TEST(Determinism, StoppedAndResumedTheBitsAreThoseOfOneRun) {
  const Training training;
  const Trace whole = training.finish("whole");
  ASSERT_EQ(training.train("parts", {"--stop-at", "13"}).status, 0);
  EXPECT_EQ(training.ledger("parts"), (std::vector<int64_t>{5, 10, 13}));
  expect_same(training.finish("parts", {"--resume", "must"}), whole, "resumed at 13");
}

TEST(Determinism, StoppedAtEveryStepTheBitsAreThoseOfOneRun) {
  const Training training;
  const Trace whole = training.finish("whole");
  for (int step = 1; step < kSteps; step += 4) {
    ASSERT_EQ(training.train("parts", {"--stop-at", std::to_string(step)}).status, 0);
  }
  expect_same(training.finish("parts"), whole, "eight parts");
}

TEST(Determinism, RewoundToAStepTheBitsAreThoseOfOneRun) {
  const Training training;
  const Trace whole = training.finish("whole");
  expect_same(training.finish("whole", {"--resume", "20"}), whole, "rewound to 20");
}

TEST(Determinism, ExactModeResumesToTheSameBits) {
  const Training training;
  const Trace whole = training.finish("whole", kExact);
  std::vector<std::string> stop = kExact;
  stop.insert(stop.end(), {"--stop-at", "13"});
  ASSERT_EQ(training.train("parts", stop).status, 0);
  expect_same(training.finish("parts", kExact), whole, "exact, resumed at 13");
  EXPECT_FALSE(training.finish("fast").model == whole.model) << "the tree was not used";
}

TEST(Determinism, ThreadsDoNotChangeABit) {
  const Training training;
  const Trace one = training.finish("one", {"--set", "train.threads=1"});
  const Trace two = training.finish("two", {"--set", "train.threads=2"});
  expect_same(two, one, "two threads");
  const Trace loader =
      training.finish("loader", {"--set", "data.loader={threads: 3, prefetch: 7}"});
  expect_same(loader, one, "three loader threads");
}

}  // namespace
}  // namespace tpretrain
