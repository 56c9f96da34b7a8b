#include "ops/op_test.h"

namespace tpretrain::ops::linear_test {

Tensors op(const Tensors& in) {
  return {ops::linear(in[0], in[1], in.size() > 2 ? in[2] : Tensor())};
}

Tensors reference(const Tensors& in) {
  const Tensor y = at::matmul(in[0], in[1].t());
  return {in.size() > 2 ? y + in[2] : y};
}

TEST(Linear, MatchesHandComputedValues) {
  const Tensor x = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).reshape({2, 2});
  const Tensor weight = at::tensor({1.0F, 0.0F, 0.5F, -1.0F, 2.0F, 2.0F}).reshape({3, 2});
  const Tensor bias = at::tensor({10.0F, 20.0F, 30.0F});
  const Tensor expected = at::tensor({11.0F, 18.5F, 36.0F, 13.0F, 17.5F, 44.0F}).reshape({2, 3});
  EXPECT_TRUE(at::equal(ops::linear(x, weight, bias), expected));
}

TEST(Linear, EqualsMatmulOverShapes) {
  const std::vector<std::vector<int64_t>> shapes = {{1, 1, 1},    {5, 123, 7},    {123, 7, 5},
                                                    {0, 4, 3},    {64, 64, 64},   {1030, 33, 65},
                                                    {2100, 8, 9}, {70, 300, 600}, {70, 600, 300}};
  for (const auto& s : shapes) {
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      SCOPED_TRACE(testing::PrintToString(s));
      const Tensors in = {random_tensor({s[0], s[1]}, 1, dtype),
                          random_tensor({s[2], s[1]}, 2, dtype), random_tensor({s[2]}, 3, dtype)};
      expect_same_function(op, reference, in);
      expect_same_function(op, reference, {in[0], in[1]});
    }
  }
}

TEST(Linear, GradientsMatchFiniteDifferences) {
  expect_finite_differences(
      op, {random_tensor({5, 7}, 1, at::kDouble), random_tensor({3, 7}, 2, at::kDouble),
           random_tensor({3}, 3, at::kDouble)});
}

TEST(Linear, TakesStridedInputs) {
  const Tensor x = random_tensor({7, 9}, 1).t();
  const Tensor weight = random_tensor({7, 10}, 2).t().slice(0, 0, 10, 2);
  ASSERT_FALSE(x.is_contiguous());
  ASSERT_FALSE(weight.is_contiguous());
  expect_close(ops::linear(x, weight, {}), at::matmul(x, weight.t()), 1e-5);
}

TEST(Linear, GivesOnlyTheGradientsThatAreWanted) {
  const Tensor x = random_tensor({4, 3}, 1);
  const Tensor weight = leaf(random_tensor({2, 3}, 2));
  const Tensor y = ops::linear(x, weight, {});
  y.sum().backward();
  EXPECT_FALSE(x.grad().defined());
  expect_close(weight.grad(), x.sum(0).unsqueeze(0).expand({2, 3}).contiguous(), 1e-6);
}

TEST(Linear, BitsDoNotDependOnThreads) {
  for (const auto& s :
       std::vector<std::vector<int64_t>>{{1100, 96, 130}, {40, 64, 700}, {700, 520, 300}}) {
    expect_same_bits_for_threads([&] {
      return outputs_and_grads(op, {random_tensor({s[0], s[1]}, 1), random_tensor({s[2], s[1]}, 2),
                                    random_tensor({s[2]}, 3)});
    });
  }
}

TEST(Linear, NamesTheArgumentThatDoesNotFit) {
  const Tensor x = random_tensor({4, 3}, 1);
  EXPECT_EQ(thrown<ShapeError>([&] {
              ops::linear(x, random_tensor({2, 5}, 2), {});
            }),
            "`weight` must be [N, K] with K = 3, but is [2, 5] instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              ops::linear(x, random_tensor({2, 3}, 2), random_tensor({3}, 3));
            }),
            "`bias` must be [N] with N = 2, but is [3] instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              ops::linear(x.to(at::kInt), random_tensor({2, 3}, 2), {});
            }),
            "`x` must be float32 or float64, but is Int instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              ops::linear(x, random_tensor({2, 3}, 2, at::kDouble), {});
            }),
            "`weight` must be Float, but is Double instead.");
}

TEST(Linear, RefusesASecondDerivative) {
  const Tensor x = leaf(random_tensor({4, 3}, 1));
  const Tensor y = ops::linear(x, random_tensor({2, 3}, 2), {}).sum();
  EXPECT_THROW(torch::autograd::grad({y}, {x}, {}, std::nullopt, true), InternalError);
}

}  // namespace tpretrain::ops::linear_test
