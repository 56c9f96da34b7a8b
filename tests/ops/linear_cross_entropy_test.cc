#include <ATen/core/dispatch/Dispatcher.h>

#include "ops/op_test.h"

namespace tpretrain::ops::linear_cross_entropy_test {

/// in: x, weight, (bias)
std::function<Tensors(const Tensors&)> op(const Tensor& labels, double smoothing) {
  return [=](const Tensors& in) {
    return Tensors{std::get<0>(
        linear_cross_entropy(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), labels, smoothing))};
  };
}

Tensor logits_of(const Tensors& in) {
  const Tensor logits = at::matmul(in[0], in[1].t());
  return in.size() > 2 ? logits + in[2] : logits;
}

std::function<Tensors(const Tensors&)> reference(const Tensor& labels, double smoothing) {
  return [=](const Tensors& in) {
    const Tensor log_p = at::log_softmax(logits_of(in), 1);
    const Tensor at_label = log_p.gather(1, labels.to(at::kLong).unsqueeze(1));
    return Tensors{-(1 - smoothing) * at_label.sum() - smoothing * log_p.sum() / log_p.size(1)};
  };
}

TEST(LinearCrossEntropy, MatchesHandComputedValues) {
  // Logits (ln 1, ln 2, ln 5) for both rows: softmax (1/8, 2/8, 5/8).
  const Tensor x = at::tensor({1.0, 1.0}, at::kDouble).reshape({2, 1});
  const Tensor weight =
      at::tensor({0.0, std::log(2.0), std::log(5.0)}, at::kDouble).reshape({3, 1});
  const Tensor labels = at::tensor({2, 0}, at::kInt);
  const auto [loss, correct] = linear_cross_entropy(x, weight, {}, labels);
  EXPECT_NEAR(loss.item<double>(), -std::log(5.0 / 8) - std::log(1.0 / 8), 1e-12);
  EXPECT_EQ(correct.item<float>(), 1);
  const Tensor x_leaf = leaf(x);
  std::get<0>(linear_cross_entropy(x_leaf, weight, {}, labels)).backward();
  const double pull = 2.0 / 8 * std::log(2.0) + 5.0 / 8 * std::log(5.0);
  EXPECT_NEAR(x_leaf.grad()[0][0].item<double>(), pull - std::log(5.0), 1e-12);
  EXPECT_NEAR(x_leaf.grad()[1][0].item<double>(), pull, 1e-12);
}

TEST(LinearCrossEntropy, EqualsLogSoftmaxOverShapes) {
  const std::vector<std::vector<int64_t>> shapes = {{1, 1, 1},    {5, 7, 123},   {123, 5, 7},
                                                    {3, 8, 1500}, {600, 9, 513}, {530, 4, 1030}};
  for (const auto& s : shapes) {
    for (const double smoothing : {0.0, 0.1}) {
      for (const auto dtype : {at::kFloat, at::kDouble}) {
        SCOPED_TRACE(testing::PrintToString(s));
        const Tensor labels = random_index(s[0], s[2], 9, at::kInt);
        const Tensors in = {random_tensor({s[0], s[1]}, 1, dtype),
                            random_tensor({s[2], s[1]}, 2, dtype), random_tensor({s[2]}, 3, dtype)};
        expect_same_function(op(labels, smoothing), reference(labels, smoothing), in);
        expect_same_function(op(labels, smoothing), reference(labels, smoothing), {in[0], in[1]});
      }
    }
  }
}

TEST(LinearCrossEntropy, CountsRowsWhoseArgMaxIsTheLabel) {
  const Tensors in = {random_tensor({300, 6}, 1), random_tensor({1100, 6}, 2)};
  const Tensor best = at::argmax(logits_of(in), 1);
  Tensor labels = best.clone();
  for (int64_t i = 0; i < 100; ++i) {
    labels[3 * i] = (best[3 * i] + 1 + i) % 1100;
  }
  EXPECT_EQ(std::get<1>(linear_cross_entropy(in[0], in[1], {}, labels)).item<float>(), 200);
}

TEST(LinearCrossEntropy, TheFirstOfEqualLogitsIsTheArgMax) {
  const Tensor weight = at::zeros({1100, 2});
  const Tensor labels = at::tensor({0, 1, 600, 1099}, at::kInt);
  const auto [loss, correct] = linear_cross_entropy(random_tensor({4, 2}, 1), weight, {}, labels);
  EXPECT_EQ(correct.item<float>(), 1);
  EXPECT_NEAR(loss.item<float>(), 4 * std::log(1100.0), 1e-4);
}

TEST(LinearCrossEntropy, NoRowsGiveZeroAndZeroGradients) {
  const Tensor weight = leaf(random_tensor({9, 4}, 1));
  const Tensor bias = leaf(random_tensor({9}, 2));
  const Tensor x = leaf(at::empty({0, 4}));
  const auto [loss, correct] = linear_cross_entropy(x, weight, bias, at::empty({0}, at::kLong));
  EXPECT_EQ(loss.item<float>(), 0);
  EXPECT_EQ(correct.item<float>(), 0);
  loss.backward();
  EXPECT_TRUE(at::equal(weight.grad(), at::zeros({9, 4})));
  EXPECT_TRUE(at::equal(bias.grad(), at::zeros({9})));
  EXPECT_EQ(x.grad().size(0), 0);
}

TEST(LinearCrossEntropy, ScalesWithTheUpstreamGradient) {
  const Tensor labels = random_index(6, 20, 3);
  const Tensor weight = leaf(random_tensor({20, 4}, 1));
  const Tensor bias = leaf(random_tensor({20}, 2));
  const auto loss = [&] {
    return std::get<0>(linear_cross_entropy(random_tensor({6, 4}, 5), weight, bias, labels));
  };
  const auto once = torch::autograd::grad({loss()}, {weight, bias});
  const auto scaled = torch::autograd::grad({loss() * 2.5}, {weight, bias});
  expect_close(scaled[0], once[0] * 2.5, 1e-6);
  expect_close(scaled[1], once[1] * 2.5, 1e-6);
}

TEST(LinearCrossEntropy, LogitsThatAreNotKeptAreComputedAgain) {
  using Signature = std::tuple<Tensor, Tensor, Tensor, Tensor>(
      const Tensor&, const Tensor&, const std::optional<Tensor>&, const Tensor&, double, int64_t);
  const auto schema = c10::Dispatcher::singleton()
                          .findSchemaOrThrow("tpretrain::linear_cross_entropy", "")
                          .typed<Signature>();
  const Tensor labels = random_index(530, 1030, 3);
  const auto with_budget = [&](int64_t bytes) {
    return [&, bytes](const Tensors& in) {
      const auto out = schema.call(in[0], in[1], in[2], labels, 0.1, bytes);
      EXPECT_EQ(std::get<3>(out).numel() == 0, bytes == 0);
      return Tensors{std::get<0>(out)};
    };
  };
  const Tensors in = {random_tensor({530, 12}, 1), random_tensor({1030, 12}, 2),
                      random_tensor({1030}, 3)};
  expect_same_function(with_budget(0), with_budget(1 << 30), in, 1e-6);
}

TEST(LinearCrossEntropy, GradientsMatchFiniteDifferences) {
  for (const double smoothing : {0.0, 0.2}) {
    expect_finite_differences(
        op(random_index(5, 11, 3), smoothing),
        {random_tensor({5, 7}, 1, at::kDouble), random_tensor({11, 7}, 2, at::kDouble),
         random_tensor({11}, 3, at::kDouble)});
  }
}

TEST(LinearCrossEntropy, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    return outputs_and_grads(
        op(random_index(600, 3000, 3), 0.1),
        {random_tensor({600, 48}, 1), random_tensor({3000, 48}, 2), random_tensor({3000}, 3)});
  });
}

TEST(LinearCrossEntropy, NamesTheArgumentThatDoesNotFit) {
  const Tensor x = random_tensor({2, 3}, 1);
  const Tensor weight = random_tensor({4, 3}, 2);
  EXPECT_EQ(thrown<DataError>([&] {
              linear_cross_entropy(x, weight, {}, at::tensor({0, 4}, at::kInt));
            }),
            "`labels` must be in [0, 4), but element 1 is 4 instead.");
  EXPECT_EQ(
      thrown<ShapeError>([&] { linear_cross_entropy(x, weight, {}, at::tensor({0}, at::kInt)); }),
      "`labels` must be [T] with T = 2, but is [1] instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              linear_cross_entropy(x, weight, {}, at::tensor({0, 1}, at::kInt), 1.0);
            }),
            "`smoothing` must be in [0, 1), but is 1 instead.");
}

}  // namespace tpretrain::ops::linear_cross_entropy_test
