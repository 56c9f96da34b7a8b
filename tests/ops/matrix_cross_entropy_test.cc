#include "ops/op_test.h"

namespace tpretrain::ops::matrix_cross_entropy_test {

std::function<Tensors(const Tensors&)> op(const Tensor& rows, const Tensor& columns,
                                          double smoothing) {
  return [=](const Tensors& in) {
    return Tensors{std::get<0>(matrix_cross_entropy(in[0], rows, columns, smoothing))};
  };
}

std::function<Tensors(const Tensors&)> reference(const Tensor& rows, const Tensor& columns,
                                                 double smoothing) {
  return [=](const Tensors& in) {
    const Tensor same = rows.unsqueeze(1).eq(columns.unsqueeze(0)).to(in[0].scalar_type());
    const Tensor target =
        same / same.sum(1, true) * (1 - smoothing) + smoothing / static_cast<double>(in[0].size(1));
    return Tensors{-(target * at::log_softmax(in[0], 1)).sum()};
  };
}

TEST(MatrixCrossEntropy, MatchesHandComputedValues) {
  // Rows (1, 2, 5) of e^z; the positives of row 0 are columns 0 and 2, of row 1 column 1.
  const Tensor row = at::tensor({0.0, std::log(2.0), std::log(5.0)}, at::kDouble);
  const Tensor logits = leaf(at::stack({row, row}));
  const auto [loss, correct] =
      matrix_cross_entropy(logits, at::tensor({3, 8}, at::kLong), at::tensor({3, 8, 3}, at::kLong));
  EXPECT_NEAR(loss.item<double>(), std::log(8.0) - std::log(5.0) / 2 + std::log(8.0 / 2), 1e-12);
  EXPECT_EQ(correct.item<float>(), 1);
  loss.backward();
  const Tensor expected =
      at::tensor({0.125 - 0.5, 0.25, 0.625 - 0.5, 0.125, 0.25 - 1, 0.625}, at::kDouble);
  expect_close(logits.grad().flatten(), expected, 1e-12);
}

TEST(MatrixCrossEntropy, EqualsLogSoftmaxOverShapes) {
  for (const auto& s :
       std::vector<std::vector<int64_t>>{{1, 1, 1}, {5, 123, 7}, {123, 7, 3}, {300, 1100, 90}}) {
    for (const double smoothing : {0.0, 0.1}) {
      for (const auto dtype : {at::kFloat, at::kDouble}) {
        SCOPED_TRACE(testing::PrintToString(s));
        const Tensor rows = random_index(s[0], s[2], 5);
        const Tensor columns = at::arange(s[1]) % s[2];
        expect_same_function(op(rows, columns, smoothing), reference(rows, columns, smoothing),
                             {random_tensor({s[0], s[1]}, 1, dtype, 3)});
      }
    }
  }
}

TEST(MatrixCrossEntropy, TheFirstOfEqualLogitsIsTheArgMax) {
  const Tensor groups = at::arange(70).clamp_min(2);
  EXPECT_EQ(std::get<1>(matrix_cross_entropy(at::zeros({70, 70}), groups, groups)).item<float>(),
            3);
}

TEST(MatrixCrossEntropy, NoRowsGiveZero) {
  const Tensor logits = leaf(at::empty({0, 3}));
  const auto [loss, correct] =
      matrix_cross_entropy(logits, at::empty({0}, at::kLong), at::arange(3));
  EXPECT_EQ(loss.item<float>(), 0);
  loss.backward();
  EXPECT_EQ(logits.grad().size(1), 3);
}

TEST(MatrixCrossEntropy, GradientsMatchFiniteDifferences) {
  expect_finite_differences(
      op(at::tensor({1, 0, 1, 2}, at::kLong), at::tensor({0, 1, 1, 2, 5}, at::kLong), 0.2),
      {random_tensor({4, 5}, 1, at::kDouble)});
}

TEST(MatrixCrossEntropy, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    return outputs_and_grads(op(random_index(600, 50, 5), at::arange(333) % 50, 0.1),
                             {random_tensor({600, 333}, 1)});
  });
}

TEST(MatrixCrossEntropy, NamesTheArgumentThatDoesNotFit) {
  const Tensor logits = at::zeros({2, 3});
  EXPECT_EQ(thrown<DataError>([&] {
              matrix_cross_entropy(logits, at::tensor({1, 7}, at::kLong), at::arange(3));
            }),
            "`row_group` must hold groups of `column_group` only, but element 1 is 7 instead.");
  EXPECT_EQ(thrown<ShapeError>([&] { matrix_cross_entropy(logits, at::arange(3), at::arange(3)); }),
            "`row_group` must be [R] with R = 2, but is [3] instead.");
}

}  // namespace tpretrain::ops::matrix_cross_entropy_test
