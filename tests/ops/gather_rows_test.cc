#include "ops/op_test.h"

namespace tpretrain::ops::gather_rows_test {

std::function<Tensors(const Tensors&)> op(const Tensor& rows) {
  return [rows](const Tensors& in) { return Tensors{gather_rows(in[0], rows)}; };
}

TEST(GatherRows, TakesRowsAndAddsRepeatedGradients) {
  const Tensor x = leaf(at::arange(6, at::kFloat).reshape({3, 2}));
  const Tensor y = gather_rows(x, at::tensor({2, 0, 2}, at::kInt));
  EXPECT_TRUE(
      at::equal(y.detach(), at::tensor({4.0F, 5.0F, 0.0F, 1.0F, 4.0F, 5.0F}).reshape({3, 2})));
  y.sum().backward();
  EXPECT_TRUE(
      at::equal(x.grad(), at::tensor({1.0F, 1.0F, 0.0F, 0.0F, 2.0F, 2.0F}).reshape({3, 2})));
}

TEST(GatherRows, EqualsIndexSelect) {
  for (const auto& s :
       std::vector<std::vector<int64_t>>{{1, 1, 1}, {5, 123, 7}, {123, 7, 0}, {900, 33, 400}}) {
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      const Tensor rows = random_index(s[2], s[0], 3);
      expect_same_function(
          op(rows), [rows](const Tensors& in) { return Tensors{in[0].index_select(0, rows)}; },
          {random_tensor({s[0], s[1]}, 1, dtype)});
    }
  }
}

TEST(GatherRows, GradientsMatchFiniteDifferences) {
  expect_finite_differences(op(random_index(8, 5, 3)), {random_tensor({5, 7}, 1, at::kDouble)});
}

TEST(GatherRows, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    return outputs_and_grads(op(random_index(3000, 400, 3)), {random_tensor({400, 50}, 1)});
  });
}

TEST(GatherRows, RefusesARowOutside) {
  EXPECT_EQ(thrown<DataError>([] {
              gather_rows(random_tensor({3, 2}, 1), at::tensor({0, 3}, at::kInt));
            }),
            "`rows` must be in [0, 3), but element 1 is 3 instead.");
  EXPECT_EQ(thrown<ShapeError>([] {
              gather_rows(random_tensor({3, 2}, 1), random_tensor({2}, 1));
            }),
            "`rows` must be int32 or int64, but is Float instead.");
}

}  // namespace tpretrain::ops::gather_rows_test
