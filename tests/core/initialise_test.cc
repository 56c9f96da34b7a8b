#include <algorithm>
#include <cmath>
#include <cstring>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <gtest/gtest.h>

#include "tpretrain/core/parameters.h"

namespace tpretrain {
namespace {

std::vector<float> draws(int64_t size, const Init& init, uint64_t seed = 1,
                         const std::string& name = "w") {
  const at::Tensor out = at::empty({size}, at::kFloat);
  initialise(out, init, seed, name);
  return {out.data_ptr<float>(), out.data_ptr<float>() + size};
}

struct Moments {
  double mean = 0;
  double deviation = 0;
  double most = 0;
};

Moments moments(const std::vector<float>& values) {
  Moments result;
  for (const float x : values) {
    result.mean += x;
    result.deviation += double{x} * x;
    result.most = std::max(result.most, std::abs(double{x}));
  }
  result.mean /= static_cast<double>(values.size());
  result.deviation =
      std::sqrt(result.deviation / static_cast<double>(values.size()) - result.mean * result.mean);
  return result;
}

constexpr int64_t kMany = 200'000;

TEST(Initialise, IsAPureFunctionOfSeedAndName) {
  const Init init = Init::normal(1);
  EXPECT_EQ(draws(100, init, 1, "a"), draws(100, init, 1, "a"));
  EXPECT_NE(draws(100, init, 1, "a"), draws(100, init, 2, "a"));
  EXPECT_NE(draws(100, init, 1, "a"), draws(100, init, 1, "b"));
}

TEST(Initialise, AnElementDoesNotDependOnTheSizeOfItsTensor) {
  const std::vector<float> few = draws(10, Init::truncated_normal(1));
  std::vector<float> more = draws(1000, Init::truncated_normal(1));
  more.resize(10);
  EXPECT_EQ(few, more);
}

TEST(Initialise, DoesNotDependOnTheNumberOfThreads) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const std::vector<float> one = draws(kMany, Init::truncated_normal(1));
  at::set_num_threads(3);
  const std::vector<float> three = draws(kMany, Init::truncated_normal(1));
  at::set_num_threads(before);
  EXPECT_EQ(std::memcmp(one.data(), three.data(), kMany * sizeof(float)), 0);
}

TEST(Initialise, TruncatedNormalStaysWithinTwoDeviations) {
  const Moments got = moments(draws(kMany, Init::truncated_normal(0.02)));
  EXPECT_LE(got.most, 0.04 * (1 + 1e-6));
  EXPECT_GT(got.most, 0.0395);
  EXPECT_NEAR(got.mean, 0, 0.02 * 0.01);
  // Of a standard normal cut at 2: sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)) = 0.87962.
  EXPECT_NEAR(got.deviation / 0.02, 0.87962, 0.005);
}

TEST(Initialise, NormalHasItsMeanAndDeviation) {
  const Moments got = moments(draws(kMany, Init::normal(3)));
  EXPECT_NEAR(got.mean, 0, 3 * 0.01);
  EXPECT_NEAR(got.deviation, 3, 3 * 0.01);
  EXPECT_GT(got.most, 3 * 3.5) << "not truncated";
}

TEST(Initialise, NeighboursHaveNothingToDoWithEachOther) {
  for (const Init& init : {Init::normal(1), Init::truncated_normal(1), Init::uniform(-1, 1)}) {
    const std::vector<float> values = draws(kMany, init);
    const double variance = std::pow(moments(values).deviation, 2);
    for (size_t lag = 1; lag <= 8; ++lag) {
      double sum = 0;
      for (size_t i = lag; i < values.size(); ++i) {
        sum += double{values[i]} * values[i - lag];
      }
      EXPECT_NEAR(sum / static_cast<double>(values.size()) / variance, 0, 0.015) << lag;
    }
  }
}

TEST(Initialise, UniformFillsItsRange) {
  const std::vector<float> values = draws(kMany, Init::uniform(-1, 3));
  for (const float x : values) {
    ASSERT_GE(x, -1);
    ASSERT_LT(x, 3);
  }
  EXPECT_NEAR(moments(values).mean, 1, 0.02);
  EXPECT_NEAR(moments(values).deviation, 4 / std::sqrt(12.0), 0.01);
}

TEST(Initialise, ConstantsAreWritten) {
  EXPECT_EQ(draws(3, Init::zeros()), (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(draws(2, Init::ones()), (std::vector<float>{1, 1}));
  EXPECT_EQ(draws(1, Init::constant(2.5)), (std::vector<float>{2.5}));
}

TEST(Initialise, DoublesGetTheDrawsOfFloats) {
  const at::Tensor out = at::empty({50}, at::kDouble);
  initialise(out, Init::normal(0.1), 4, "w");
  const std::vector<float> floats = draws(50, Init::normal(0.1), 4, "w");
  for (int64_t i = 0; i < 50; ++i) {
    EXPECT_EQ(out.data_ptr<double>()[i], double{floats[static_cast<size_t>(i)]});
  }
}

}  // namespace
}  // namespace tpretrain
