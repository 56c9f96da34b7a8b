#include "ops/op_test.h"

namespace tpretrain::ops::flat_test {

TEST(SumOfSquares, MatchesHandComputedValues) {
  const Tensor flat = at::tensor({1.0F, 2.0F, 3.0F, 4.0F, 5.0F});
  const Tensor segments = at::tensor({0, 2, 3, 5}, at::kLong).reshape({2, 2});
  const Tensor sum = sum_of_squares(flat, segments);
  EXPECT_EQ(sum.scalar_type(), at::kDouble);
  EXPECT_EQ(sum.sizes(), at::IntArrayRef({1}));
  EXPECT_EQ(sum.item<double>(), 1 + 4 + 16 + 25);
}

TEST(SumOfSquares, AddsInDouble) {
  const Tensor flat = random_tensor({100003}, 1);
  const Tensor segments = at::tensor({0, 100003}, at::kLong).reshape({1, 2});
  const double expected = flat.to(at::kDouble).square().sum().item<double>();
  EXPECT_NEAR(sum_of_squares(flat, segments).item<double>(), expected, 1e-11 * expected);
}

TEST(SumOfSquares, NoSegmentsGiveZero) {
  EXPECT_EQ(sum_of_squares(at::ones({4}), at::empty({0, 2}, at::kLong)).item<double>(), 0);
}

TEST(SumOfSquares, BitsDoNotDependOnThreads) {
  const Tensor segments = at::tensor({3, 50000, 50001, 99999}, at::kLong).reshape({2, 2});
  expect_same_bits_for_threads(
      [&] { return Tensors{sum_of_squares(random_tensor({100000}, 1), segments)}; });
}

TEST(AddFlat, AddsInPlace) {
  const Tensor total = random_tensor({20001}, 1);
  const Tensor part = random_tensor({20001}, 2);
  const Tensor expected = total + part;
  add_(total, part);
  EXPECT_TRUE(at::equal(total, expected));
}

TEST(AddFlat, NamesTheArgumentThatDoesNotFit) {
  EXPECT_EQ(thrown<ShapeError>([] { add_(at::ones({3}), at::ones({4})); }),
            "`part` must be [N] with N = 3, but is [4] instead.");
  EXPECT_EQ(thrown<ShapeError>([] { add_(at::ones({6}).slice(0, 0, 6, 2), at::ones({3})); }),
            "`total` must be contiguous, but is strided instead.");
}

}  // namespace tpretrain::ops::flat_test
