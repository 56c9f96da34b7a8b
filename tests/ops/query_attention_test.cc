#include "ops/op_test.h"

namespace tpretrain::ops::query_attention_test {

/// in: query, kv
std::function<Tensors(const Tensors&)> op(const Tensor& offsets, int64_t heads) {
  return [=](const Tensors& in) { return Tensors{query_attention(in[0], in[1], offsets, heads)}; };
}

std::function<Tensors(const Tensors&)> reference(const Tensor& offsets, int64_t heads) {
  return [=](const Tensors& in) {
    const int64_t width = in[0].size(0);
    const int64_t size = width / heads;
    const Tensor query = in[0].reshape({heads, 1, size});
    Tensors rows;
    for (int64_t s = 0; s + 1 < offsets.size(0); ++s) {
      const Tensor part =
          in[1].slice(0, offsets[s].item<int32_t>(), offsets[s + 1].item<int32_t>());
      const auto heads_of = [&](int64_t first) {
        return part.slice(1, first, first + width).reshape({-1, heads, size}).transpose(0, 1);
      };
      const Tensor scores =
          at::matmul(query, heads_of(0).transpose(1, 2)) / std::sqrt(static_cast<double>(size));
      rows.push_back(at::matmul(at::softmax(scores, 2), heads_of(width)).reshape({width}));
    }
    return Tensors{at::stack(rows)};
  };
}

TEST(QueryAttention, MatchesHandComputedValues) {
  // One head of 1: scores ln 1 and ln 3, values 4 and 8.
  const Tensor kv = at::tensor({0.0, 4.0, std::log(3.0), 8.0}, at::kDouble).reshape({2, 2});
  const Tensor query = leaf(at::ones({1}, at::kDouble));
  const Tensor y = query_attention(query, kv, at::tensor({0, 2}, at::kInt), 1);
  EXPECT_NEAR(y[0][0].item<double>(), 0.25 * 4 + 0.75 * 8, 1e-12);
  // dy/dq = p1 p2 (v2 - v1) (k2 - k1).
  y.sum().backward();
  EXPECT_NEAR(query.grad()[0].item<double>(), 0.25 * 0.75 * 4 * std::log(3.0), 1e-12);
}

TEST(QueryAttention, EqualsSoftmaxOverShapes) {
  const std::vector<std::vector<int32_t>> layouts = {
      {0, 1}, {0, 5, 128}, {0, 7, 7, 20}, {0, 50, 100, 150, 200}};
  const std::vector<std::pair<int64_t, int64_t>> widths = {{1, 1}, {8, 2}, {21, 3}, {64, 4}};
  for (const auto& layout : layouts) {
    for (const auto& [width, heads] : widths) {
      for (const auto dtype : {at::kFloat, at::kDouble}) {
        SCOPED_TRACE(testing::PrintToString(layout) + " " + std::to_string(width));
        const Tensor offsets = at::tensor(layout, at::kInt);
        expect_same_function(op(offsets, heads), reference(offsets, heads),
                             {random_tensor({width}, 1, dtype),
                              random_tensor({layout.back(), 2 * width}, 2, dtype)});
      }
    }
  }
}

TEST(QueryAttention, EqualKeysGiveTheMeanAndAnEmptySequenceZero) {
  const Tensor values = random_tensor({6, 4}, 1);
  const Tensor kv = at::cat({at::ones({6, 4}), values}, 1);
  const Tensor y = query_attention(random_tensor({4}, 2), kv, at::tensor({0, 6, 6}, at::kInt), 2);
  expect_close(y[0], values.mean(0), 1e-6);
  EXPECT_TRUE(at::equal(y[1], at::zeros({4})));
}

TEST(QueryAttention, GradientsMatchFiniteDifferences) {
  expect_finite_differences(
      op(at::tensor({0, 3, 3, 7}, at::kInt), 2),
      {random_tensor({6}, 1, at::kDouble), random_tensor({7, 12}, 2, at::kDouble)});
}

TEST(QueryAttention, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    const Tensor offsets = at::arange(0, 41).mul(17).to(at::kInt);
    return outputs_and_grads(op(offsets, 3), {random_tensor({48}, 1), random_tensor({680, 96}, 2)});
  });
}

TEST(QueryAttention, NamesTheArgumentThatDoesNotFit) {
  const Tensor query = at::zeros({6});
  const Tensor offsets = at::tensor({0, 2}, at::kInt);
  EXPECT_EQ(thrown<ShapeError>([&] {
              query_attention(query, at::zeros({2, 11}), offsets, 2);
            }),
            "`kv` must be [T, 2 D] with 2 D = 12, but is [2, 11] instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              query_attention(query, at::zeros({2, 12}), offsets, 4);
            }),
            "`heads` must be a divisor of D = 6, but is 4 instead.");
}

}  // namespace tpretrain::ops::query_attention_test
