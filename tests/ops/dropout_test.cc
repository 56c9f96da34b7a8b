#include "ops/op_test.h"

namespace tpretrain::ops::dropout_test {

TEST(DropoutOp, DrawsTheCountersOfTheContract) {
  for (const int64_t cols : {1, 3, 4, 7, 16, 37, 128}) {
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      const Dropout rule{0.3, -7777777777};
      const Tensor keys = at::cat({token_keys(3, 5, 2), token_keys(2, int64_t{1} << 40, 4000000)});
      const Tensor x = random_tensor({5, cols}, 1, dtype);
      const Tensor mask = dropout_mask(keys, cols, rule.p, rule.key, dtype);
      const Tensor y = ops::dropout(x, rule, keys);
      EXPECT_TRUE(at::equal(y == 0, mask == 0));
      expect_close(y, x * mask, 1e-6);
    }
  }
}

TEST(DropoutOp, DropsTheShareItSays) {
  const Tensor y = ops::dropout(at::ones({1000, 200}), {0.1, 3}, token_keys(1000));
  const double kept = (y != 0).sum().item<double>() / y.numel();
  EXPECT_NEAR(kept, 0.9, 0.003);  // more than four standard deviations
  EXPECT_NEAR(y.mean().item<double>(), 1.0, 0.003);
}

TEST(DropoutOp, KeepsAWordThatIsExactlyP) {
  // u >= p keeps: with p = u of the first word that word is kept, with the next p above it is not.
  const Counter words = philox({0, 0, 5, 0}, 9);
  const double u = unit_float(words[0]);
  const Tensor x = at::ones({1, 1});
  EXPECT_NE(ops::dropout(x, {u, 9}, token_keys(1)).item<float>(), 0.0F);
  EXPECT_EQ(ops::dropout(x, {u + 0x1p-24, 9}, token_keys(1)).item<float>(), 0.0F);
}

TEST(DropoutOp, UsesTheSameMaskInBackward) {
  const Tensor x = leaf(random_tensor({9, 33}, 1));
  const Tensor y = ops::dropout(x, {0.4, 11}, token_keys(9));
  y.sum().backward();
  EXPECT_TRUE(at::equal(x.grad() == 0, y == 0));
  expect_close(x.grad(), dropout_mask(token_keys(9), 33, 0.4, 11, at::kFloat), 1e-6);
}

TEST(DropoutOp, IsNothingWhenOff) {
  const Tensor x = random_tensor({2, 3}, 1);
  EXPECT_TRUE(ops::dropout(x, {0, 1}, {}).is_same(x));
}

TEST(DropoutOp, GradientsMatchFiniteDifferences) {
  expect_finite_differences(
      [](const Tensors& in) {
        return Tensors{ops::dropout(in[0], {0.5, 2}, token_keys(5))};
      },
      {random_tensor({5, 7}, 1, at::kDouble)});
}

TEST(DropoutOp, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    return Tensors{ops::dropout(random_tensor({900, 70}, 1), {0.2, 2}, token_keys(900))};
  });
}

TEST(DropoutOp, NamesTheArgumentThatDoesNotFit) {
  const Tensor x = random_tensor({2, 3}, 1);
  EXPECT_EQ(thrown<ShapeError>([&] {
              ops::dropout(x, {1.0, 1}, token_keys(2));
            }),
            "`p` must be in [0, 1), but is 1 instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              ops::dropout(x, {0.5, 1}, token_keys(3));
            }),
            "`token_key` must be [T] with T = 2, but is [3] instead.");
}

}  // namespace tpretrain::ops::dropout_test
