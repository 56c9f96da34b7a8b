#include "tpretrain/base/rng.h"

#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace tpretrain {
namespace {

// The three published known answers of Philox4x32-10 (Random123, kat_vectors).
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, 0), (Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0U, ~0U, ~0U, ~0U}, ~uint64_t{0}),
            (Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822),
            (Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Hash64, IsAFixedFunction) {
  static_assert(hash64(1, 2) != hash64(2, 1));
  EXPECT_EQ(hash64(std::string_view("")), hash64(0xCBF29CE484222325ULL, 0));
  EXPECT_NE(hash64(std::string_view("encoder")), hash64(std::string_view("decoder")));
  std::set<uint64_t> seen;
  for (uint64_t a = 0; a < 100; ++a) {
    for (uint64_t b = 0; b < 100; ++b) {
      seen.insert(hash64(a, b));
    }
  }
  EXPECT_EQ(seen.size(), 10'000);
}

TEST(UnitFloat, StaysBelowOne) {
  EXPECT_EQ(unit_float(0), 0.0F);
  EXPECT_EQ(unit_float(255), 0.0F);
  EXPECT_LT(unit_float(~0U), 1.0F);
  EXPECT_EQ(unit_float(0x80000000), 0.5F);
}

TEST(CounterRng, WordsAreTheDocumentedPhiloxElements) {
  constexpr uint64_t kKey = 0x1122334455667788;
  constexpr uint64_t kOrdinal = 0xAABBCCDD00000007;
  CounterRng rng(kKey, kOrdinal, 5);
  for (uint32_t i = 0; i < 12; ++i) {
    const Counter block = philox({i / 4, 5, 7, 0xAABBCCDD}, kKey);
    ASSERT_EQ(rng.next(), block[i % 4]) << i;
  }
}

TEST(CounterRng, Next64TakesTheLowWordFirst) {
  CounterRng words(1, 2);
  CounterRng longs(1, 2);
  const uint64_t low = words.next();
  const uint64_t high = words.next();
  EXPECT_EQ(longs.next64(), high << 32 | low);
}

TEST(CounterRng, OtherKeysOrdinalsAndLanesGiveOtherDraws) {
  std::set<uint64_t> seen;
  for (uint64_t i = 0; i < 100; ++i) {
    seen.insert(CounterRng(i, 0).next64());
    seen.insert(CounterRng(0, i + 1).next64());
    seen.insert(CounterRng(0, 0, static_cast<uint32_t>(i) + 1).next64());
  }
  EXPECT_EQ(seen.size(), 300);
}

TEST(CounterRng, UniformHasTheRightMoments) {
  constexpr int kDraws = 100'000;
  CounterRng rng(3, 4);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = rng.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 / std::sqrt(12.0 * kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 0.005);
}

TEST(CounterRng, NormalHasTheRightMoments) {
  constexpr int kDraws = 100'000;
  CounterRng rng(5, 6);
  double sum = 0;
  double squares = 0;
  double fourths = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = rng.normal();
    sum += value;
    squares += value * value;
    fourths += value * value * value * value;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 0.02);
  EXPECT_NEAR(squares / kDraws, 1.0, 0.03);
  EXPECT_NEAR(fourths / kDraws, 3.0, 0.2);
}

TEST(CounterRng, BelowIsUniform) {
  constexpr int kBound = 7;
  constexpr int kDraws = 70'000;
  CounterRng rng(7, 8);
  std::vector<int> counts(kBound);
  for (int i = 0; i < kDraws; ++i) {
    ++counts.at(rng.below(kBound));
  }
  double chi2 = 0;
  for (const int count : counts) {
    chi2 += std::pow(count - kDraws / kBound, 2) / (kDraws / kBound);
  }
  EXPECT_LT(chi2, 22.5);  // 6 degrees of freedom, p = 0.001
}

// Without rejection a bound of 2^63 + 2^62 would give its lower third twice as often.
TEST(CounterRng, BelowHasNoBiasAtLargeBounds) {
  constexpr uint64_t kBound = (uint64_t{1} << 63) + (uint64_t{1} << 62);
  constexpr int kDraws = 30'000;
  CounterRng rng(9, 10);
  int lower_third = 0;
  for (int i = 0; i < kDraws; ++i) {
    const uint64_t value = rng.below(kBound);
    ASSERT_LT(value, kBound);
    lower_third += value < kBound / 3 ? 1 : 0;
  }
  EXPECT_NEAR(lower_third, kDraws / 3, 500);
}

TEST(CounterRng, BelowOneIsZero) {
  CounterRng rng(1, 1);
  EXPECT_EQ(rng.below(1), 0);
}

TEST(KeyedPermutation, IsABijectionOfEverySize) {
  for (uint64_t size = 1; size <= 2000; ++size) {
    const KeyedPermutation permutation(size, size * 31);
    std::vector<char> hit(size);
    for (uint64_t i = 0; i < size; ++i) {
      const uint64_t to = permutation(i);
      ASSERT_LT(to, size);
      ASSERT_EQ(hit[to], 0) << size << " " << i;
      hit[to] = 1;
    }
  }
}

TEST(KeyedPermutation, IsABijectionOfALargeSize) {
  constexpr uint64_t kSize = 300'001;
  const KeyedPermutation permutation(kSize, 11);
  std::vector<char> hit(kSize);
  for (uint64_t i = 0; i < kSize; ++i) {
    hit[permutation(i)] = 1;
  }
  EXPECT_EQ(std::count(hit.begin(), hit.end(), 1), static_cast<int64_t>(kSize));
}

TEST(KeyedPermutation, HandlesSizesOverThirtyTwoBits) {
  for (const uint64_t size : {(uint64_t{1} << 33) + 5, uint64_t{1} << 62, UINT64_MAX}) {
    const KeyedPermutation permutation(size, 12);
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < 1000; ++i) {
      const uint64_t to = permutation(size - 1 - i);
      ASSERT_LT(to, size);
      seen.insert(to);
    }
    EXPECT_EQ(seen.size(), 1000);
    EXPECT_GT(*seen.rbegin(), size / 4 * 3);
  }
}

TEST(KeyedPermutation, KeysGiveDifferentOrders) {
  constexpr uint64_t kSize = 1000;
  const KeyedPermutation one(kSize, 1);
  const KeyedPermutation two(kSize, 2);
  int equal = 0;
  for (uint64_t i = 0; i < kSize; ++i) {
    equal += one(i) == two(i) ? 1 : 0;
  }
  EXPECT_LT(equal, 10);
}

// Over many keys every element goes to every place equally often.
TEST(KeyedPermutation, PlacesAreUniformOverKeys) {
  constexpr uint64_t kSize = 10;
  constexpr int kKeys = 20'000;
  std::vector<std::vector<int>> counts(kSize, std::vector<int>(kSize));
  for (int key = 0; key < kKeys; ++key) {
    const KeyedPermutation permutation(kSize, hash64(static_cast<uint64_t>(key), 99));
    for (uint64_t i = 0; i < kSize; ++i) {
      ++counts[i][permutation(i)];
    }
  }
  constexpr double kExpected = static_cast<double>(kKeys) / kSize;
  for (uint64_t i = 0; i < kSize; ++i) {
    double chi2 = 0;
    for (const int count : counts[i]) {
      chi2 += (count - kExpected) * (count - kExpected) / kExpected;
    }
    EXPECT_LT(chi2, 33.7) << i;  // 9 degrees of freedom, p = 0.0001
  }
}

TEST(KeyedPermutation, NeighboursAreNotKeptTogether) {
  constexpr uint64_t kSize = 100'000;
  const KeyedPermutation permutation(kSize, 13);
  int close = 0;
  for (uint64_t i = 0; i + 1 < kSize; ++i) {
    const auto a = static_cast<int64_t>(permutation(i));
    const auto b = static_cast<int64_t>(permutation(i + 1));
    close += std::abs(a - b) <= 10 ? 1 : 0;
  }
  EXPECT_NEAR(close, 20, 25);
}

}  // namespace
}  // namespace tpretrain
