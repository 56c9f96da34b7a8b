#include "tpretrain/data/sampler.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"

namespace tpretrain {
namespace {

std::vector<int64_t> epoch_of(const Sampler& sampler, int64_t epoch) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < sampler.count(); ++i) {
    indices.push_back(sampler.at(epoch * sampler.count() + i).index);
  }
  return indices;
}

TEST(Sampler, VisitsEverySampleOncePerEpoch) {
  for (const int64_t count : {1, 2, 3, 5, 16, 17, 1000}) {
    const Sampler sampler(count, 7);
    for (const int64_t epoch : {0, 1, 2, 12345}) {
      const std::vector<int64_t> order = epoch_of(sampler, epoch);
      const std::set<int64_t> seen(order.begin(), order.end());
      EXPECT_EQ(static_cast<int64_t>(seen.size()), count);
      EXPECT_EQ(*seen.begin(), 0);
      EXPECT_EQ(*seen.rbegin(), count - 1);
    }
  }
}

TEST(Sampler, OrderChangesWithEpochAndSeed) {
  const Sampler sampler(100, 7);
  EXPECT_NE(epoch_of(sampler, 0), epoch_of(sampler, 1));
  EXPECT_NE(epoch_of(sampler, 0), epoch_of(Sampler(100, 8), 0));
  EXPECT_EQ(epoch_of(sampler, 3), epoch_of(Sampler(100, 7), 3));
}

TEST(Sampler, FollowsTheWrittenFormula) {
  // The order is part of what a checkpoint promises: changing the formula breaks every old run.
  const Sampler sampler(1000, 42);
  const uint64_t key = hash64(hash64(42, hash64("order")), 3);
  EXPECT_EQ(sampler.at(3017).index, static_cast<int64_t>(KeyedPermutation(1000, key)(17)));
  EXPECT_EQ(sampler.at(3017).ordinal, 3017);
}

TEST(Sampler, OrderHasNoVisibleStructure) {
  // Of 1000 neighbours in a shuffled order about one pair is consecutive; a broken permutation
  // (identity, rotation) has about 1000.
  const std::vector<int64_t> order = epoch_of(Sampler(1000, 1), 0);
  int consecutive = 0;
  for (size_t i = 1; i < order.size(); ++i) {
    consecutive += order[i] == order[i - 1] + 1;
  }
  EXPECT_LT(consecutive, 10);
}

TEST(Sampler, RefusesEmptyDataAndEndlessRuns) {
  EXPECT_THROW(Sampler(0, 1), DataError);
  const Sampler sampler(10, 1);
  EXPECT_NO_THROW(sampler.at(kMaxOrdinal - 1));
  EXPECT_THROW(sampler.at(kMaxOrdinal), DataError);
  EXPECT_THROW(sampler.at(-1), DataError);
}

}  // namespace
}  // namespace tpretrain
