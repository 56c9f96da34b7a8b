#include "ops/op_test.h"

namespace tpretrain::ops::sigmoid_contrastive_test {

/// in: queries, keys, scale, bias
std::function<Tensors(const Tensors&)> op(const Tensor& query_group, const Tensor& key_group) {
  return [=](const Tensors& in) {
    return Tensors{
        std::get<0>(sigmoid_contrastive(in[0], in[1], in[2], in[3], query_group, key_group))};
  };
}

Tensor dense_scores(const Tensors& in) {
  return in[2] * at::matmul(in[0], in[1].t()) + in[3];
}

Tensor same_group(const Tensor& query_group, const Tensor& key_group) {
  return query_group.unsqueeze(1).eq(key_group.unsqueeze(0));
}

std::function<Tensors(const Tensors&)> reference(const Tensor& query_group,
                                                 const Tensor& key_group) {
  return [=](const Tensors& in) {
    const Tensor sign = same_group(query_group, key_group).to(in[0].scalar_type()) * 2 - 1;
    return Tensors{-at::log_sigmoid(sign * dense_scores(in)).sum()};
  };
}

Tensors inputs(int64_t rows, int64_t cols, int64_t width, double bias, at::ScalarType dtype) {
  return {random_tensor({rows, width}, 1, dtype, 0.5), random_tensor({cols, width}, 2, dtype, 0.5),
          at::scalar_tensor(1.5, dtype), at::scalar_tensor(bias, dtype)};
}

TEST(SigmoidContrastive, MatchesHandComputedValues) {
  // z = ln 3 for the positive, -ln 3 for the negative: both have probability 3/4.
  const Tensor queries = at::ones({1, 1}, at::kDouble);
  const Tensor keys = at::tensor({1.0, -1.0}, at::kDouble).reshape({2, 1});
  const Tensor scale = leaf(at::scalar_tensor(std::log(3.0), at::kDouble));
  const Tensor bias = leaf(at::zeros({}, at::kDouble));
  const auto [loss, correct] = sigmoid_contrastive(
      queries, keys, scale, bias, at::tensor({1}, at::kLong), at::tensor({1, 0}, at::kLong));
  EXPECT_NEAR(loss.item<double>(), 2 * std::log(4.0 / 3), 1e-12);
  EXPECT_EQ(correct.item<float>(), 1);
  loss.backward();
  EXPECT_NEAR(scale.grad().item<double>(), -0.25 - 0.25, 1e-12);
  EXPECT_NEAR(bias.grad().item<double>(), -0.25 + 0.25, 1e-12);
}

TEST(SigmoidContrastive, EqualsTheDenseFormOverShapes) {
  for (const auto& s : std::vector<std::vector<int64_t>>{
           {1, 1, 1, 1}, {5, 7, 123, 3}, {123, 5, 7, 50}, {300, 1100, 9, 200}}) {
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      SCOPED_TRACE(testing::PrintToString(s));
      const Tensor query_group = random_index(s[0], s[3], 5);
      const Tensor key_group = random_index(s[1], s[3], 6);
      expect_same_function(op(query_group, key_group), reference(query_group, key_group),
                           inputs(s[0], s[1], s[2], -2, dtype));
    }
  }
}

TEST(SigmoidContrastive, CountsRowsWhoseArgMaxIsAPositive) {
  const Tensor query_group = random_index(300, 20, 5);
  const Tensor key_group = random_index(700, 30, 6);
  const Tensors in = inputs(300, 700, 6, -10, at::kFloat);
  const Tensor best = at::argmax(dense_scores(in), 1);
  const int64_t expected = key_group.index_select(0, best).eq(query_group).sum().item<int64_t>();
  ASSERT_GT(expected, 0);
  EXPECT_EQ(std::get<1>(sigmoid_contrastive(in[0], in[1], in[2], in[3], query_group, key_group))
                .item<float>(),
            expected);
}

TEST(SigmoidContrastive, NoKeysGiveZeroAndZeroGradients) {
  const Tensor queries = leaf(random_tensor({3, 4}, 1));
  const Tensor scale = leaf(at::ones({}));
  const Tensor bias = leaf(at::ones({}));
  const auto [loss, correct] = sigmoid_contrastive(queries, at::empty({0, 4}), scale, bias,
                                                   at::arange(3), at::empty({0}, at::kLong));
  EXPECT_EQ(loss.item<float>(), 0);
  EXPECT_EQ(correct.item<float>(), 0);
  loss.backward();
  EXPECT_TRUE(at::equal(queries.grad(), at::zeros({3, 4})));
  EXPECT_EQ(scale.grad().item<float>(), 0);
  EXPECT_EQ(bias.grad().item<float>(), 0);
}

TEST(SigmoidContrastive, GradientsMatchFiniteDifferences) {
  expect_finite_differences(
      op(at::tensor({0, 1, 1, 7}, at::kLong), at::tensor({1, 0, 3}, at::kLong)),
      inputs(4, 3, 5, 0.3, at::kDouble));
}

TEST(SigmoidContrastive, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    return outputs_and_grads(op(random_index(600, 50, 5), random_index(1700, 50, 6)),
                             inputs(600, 1700, 48, -1, at::kFloat));
  });
}

TEST(SigmoidContrastive, NamesTheArgumentThatDoesNotFit) {
  const Tensors in = inputs(2, 3, 4, 0, at::kFloat);
  const Tensor two = at::arange(2);
  const Tensor three = at::arange(3);
  EXPECT_EQ(thrown<ShapeError>(
                [&] { sigmoid_contrastive(in[0], in[1], in[2], in[3].reshape({1}), two, three); }),
            "`bias` must be [], but is [1] instead.");
  EXPECT_EQ(
      thrown<ShapeError>([&] { sigmoid_contrastive(in[0], in[1], in[2], in[3], three, three); }),
      "`query_group` must be [R] with R = 2, but is [3] instead.");
}

}  // namespace tpretrain::ops::sigmoid_contrastive_test
