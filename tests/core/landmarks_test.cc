#include "tpretrain/core/landmarks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tpretrain {
namespace {

/// The squares below a limit; counts the steps that are walked.
struct Squares {
  using Place = int64_t;

  int64_t limit;
  int64_t* steps;

  bool first(Place& place) const {
    place = 0;
    return limit > 0;
  }

  bool next(Place& place) const {
    int64_t root = 0;
    while (root * root < place) {
      ++root;
    }
    place = (root + 1) * (root + 1);
    ++*steps;
    return place < limit;
  }
};

TEST(Landmarks, GiveEveryPlaceOfTheWalk) {
  int64_t steps = 0;
  for (const int64_t count : {1, 2, 63, 64, 65, 128, 129, 300}) {
    const Landmarks<Squares> squares({(count - 1) * (count - 1) + 1, &steps});
    ASSERT_EQ(squares.size(), count);
    for (int64_t i = count - 1; i >= 0; --i) {
      EXPECT_EQ(squares[i], i * i);
    }
  }
}

TEST(Landmarks, OfNothingAreNone) {
  int64_t steps = 0;
  EXPECT_EQ(Landmarks<Squares>({0, &steps}).size(), 0);
  EXPECT_EQ(steps, 0);
}

TEST(Landmarks, WalkFromTheOneBefore) {
  int64_t steps = 0;
  const Landmarks<Squares> squares({1'000'000, &steps});
  EXPECT_EQ(steps, squares.size());
  int64_t most = 0;
  for (int64_t i = 0; i < squares.size(); ++i) {
    steps = 0;
    [[maybe_unused]] const int64_t place = squares[i];
    most = std::max(most, steps);
  }
  EXPECT_EQ(most, 63);
}

}  // namespace
}  // namespace tpretrain
