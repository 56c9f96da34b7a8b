#include "ops/op_test.h"

namespace tpretrain::ops::normalize_test {

std::function<Tensors(const Tensors&)> op(double eps) {
  return [eps](const Tensors& in) { return Tensors{ops::normalize(in[0], eps)}; };
}

std::function<Tensors(const Tensors&)> reference(double eps) {
  return
      [eps](const Tensors& in) { return Tensors{in[0] / in[0].norm(2, {1}, true).clamp_min(eps)}; };
}

TEST(Normalize, MatchesHandComputedValues) {
  const Tensor x = leaf(at::tensor({3.0, 4.0}, at::kDouble).reshape({1, 2}));
  const Tensor y = ops::normalize(x);
  EXPECT_NEAR(y[0][0].item<double>(), 0.6, 1e-15);
  EXPECT_NEAR(y[0][1].item<double>(), 0.8, 1e-15);
  // d(x_0 / |x|) = (1 - 0.36, -0.48) / 5.
  y[0][0].backward();
  EXPECT_NEAR(x.grad()[0][0].item<double>(), 0.128, 1e-15);
  EXPECT_NEAR(x.grad()[0][1].item<double>(), -0.096, 1e-15);
}

TEST(Normalize, EqualsDivisionByTheNorm) {
  for (const auto& s :
       std::vector<std::vector<int64_t>>{{1, 1}, {5, 123}, {123, 7}, {700, 33}, {0, 4}}) {
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      SCOPED_TRACE(testing::PrintToString(s));
      expect_same_function(op(1e-12), reference(1e-12), {random_tensor(s, 1, dtype)});
    }
  }
}

TEST(Normalize, RowsShorterThanEpsAreDividedByEps) {
  const Tensor x = random_tensor({4, 9}, 1, at::kDouble) * 0.01;
  expect_same_function(op(0.5), reference(0.5), {x});
  const Tensor zero = leaf(at::zeros({2, 3}));
  const Tensor y = ops::normalize(zero, 0.25);
  EXPECT_TRUE(at::equal(y.detach(), at::zeros({2, 3})));
  y.sum().backward();
  EXPECT_TRUE(at::equal(zero.grad(), at::full({2, 3}, 4.0F)));
}

TEST(Normalize, SquaresThatOverflowAreNoProblem) {
  const Tensor x = at::full({1, 4}, 1e30F);
  expect_close(ops::normalize(x), at::full({1, 4}, 0.5F), 1e-6);
}

TEST(Normalize, GradientsMatchFiniteDifferences) {
  expect_finite_differences(op(1e-12), {random_tensor({4, 5}, 1, at::kDouble)});
}

TEST(Normalize, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    return outputs_and_grads(op(1e-12), {random_tensor({900, 50}, 1)});
  });
}

TEST(Normalize, NamesTheArgumentThatDoesNotFit) {
  EXPECT_EQ(thrown<ShapeError>([] { ops::normalize(at::zeros({3})); }),
            "`x` must be [T, D], but is [3] instead.");
  EXPECT_EQ(thrown<ShapeError>([] {
              ops::normalize(at::zeros({3, 2}), 0);
            }),
            "`eps` must be greater than 0, but is 0 instead.");
}

}  // namespace tpretrain::ops::normalize_test
