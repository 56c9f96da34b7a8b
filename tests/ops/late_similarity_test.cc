#include "ops/op_test.h"

namespace tpretrain::ops::late_similarity_test {

/// in: a, b
std::function<Tensors(const Tensors&)> op(const Tensor& a_offsets, const Tensor& b_offsets) {
  return [=](const Tensors& in) {
    const auto [ab, ba] = late_similarity(in[0], a_offsets, in[1], b_offsets);
    return Tensors{ab, ba};
  };
}

Tensor sequence(const Tensor& x, const Tensor& offsets, int64_t s) {
  return x.slice(0, offsets[s].item<int32_t>(), offsets[s + 1].item<int32_t>());
}

/// One direction, pair by pair.
Tensor naive(const Tensor& x, const Tensor& x_offsets, const Tensor& y, const Tensor& y_offsets) {
  Tensors values;
  for (int64_t i = 0; i + 1 < x_offsets.size(0); ++i) {
    for (int64_t j = 0; j + 1 < y_offsets.size(0); ++j) {
      const Tensor products = at::matmul(sequence(x, x_offsets, i), sequence(y, y_offsets, j).t());
      values.push_back(std::get<0>(products.max(1)).mean());
    }
  }
  return at::stack(values).reshape({x_offsets.size(0) - 1, y_offsets.size(0) - 1});
}

std::function<Tensors(const Tensors&)> reference(const Tensor& a_offsets, const Tensor& b_offsets) {
  return [=](const Tensors& in) {
    return Tensors{naive(in[0], a_offsets, in[1], b_offsets),
                   naive(in[1], b_offsets, in[0], a_offsets)};
  };
}

TEST(LateSimilarity, MatchesHandComputedValues) {
  // Products of the tokens of a (rows) and b: (1, 3), (4, 2).
  const Tensor a = leaf(at::eye(2, at::kDouble));
  const Tensor b = leaf(at::tensor({1.0, 4.0, 3.0, 2.0}, at::kDouble).reshape({2, 2}));
  const Tensor offsets = at::tensor({0, 2}, at::kInt);
  const auto [ab, ba] = late_similarity(a, offsets, b, offsets);
  EXPECT_EQ(ab.item<double>(), (3.0 + 4.0) / 2);
  EXPECT_EQ(ba.item<double>(), (4.0 + 3.0) / 2);
  // In both directions a_0 goes with b_1 and a_1 with b_0.
  (ab + 2 * ba).sum().backward();
  EXPECT_TRUE(at::equal(a.grad(), b.detach().flip(0) * 1.5));
  EXPECT_TRUE(at::equal(b.grad(), a.detach().flip(0) * 1.5));
}

TEST(LateSimilarity, EqualsTheNaiveLoopOverLayouts) {
  const std::vector<std::pair<std::vector<int32_t>, std::vector<int32_t>>> layouts = {
      {{0, 1}, {0, 1}},
      {{0, 5, 12}, {0, 1, 4, 40}},
      {{0, 100, 201, 300, 410, 600}, {0, 77, 333, 700, 701}}};
  for (const auto& [a_layout, b_layout] : layouts) {
    for (const int64_t width : {1, 7, 33}) {
      for (const auto dtype : {at::kFloat, at::kDouble}) {
        SCOPED_TRACE(testing::PrintToString(a_layout) + " " + std::to_string(width));
        const Tensor a_offsets = at::tensor(a_layout, at::kInt);
        const Tensor b_offsets = at::tensor(b_layout, at::kInt);
        expect_same_function(op(a_offsets, b_offsets), reference(a_offsets, b_offsets),
                             {random_tensor({a_layout.back(), width}, 1, dtype),
                              random_tensor({b_layout.back(), width}, 2, dtype)});
      }
    }
  }
}

TEST(LateSimilarity, TiesGoToTheFirstToken) {
  const Tensor a = leaf(at::ones({1, 2}));
  const Tensor b = leaf(at::ones({3, 2}));
  const auto [ab, ba] =
      late_similarity(a, at::tensor({0, 1}, at::kInt), b, at::tensor({0, 3}, at::kInt));
  ab.sum().backward();
  EXPECT_TRUE(
      at::equal(b.grad(), at::tensor({1.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F}).reshape({3, 2})));
}

TEST(LateSimilarity, NoSequencesGiveEmptyMatrices) {
  const Tensor none = at::tensor({0}, at::kInt);
  const auto [ab, ba] =
      late_similarity(at::empty({0, 4}), none, at::ones({2, 4}), at::tensor({0, 2}, at::kInt));
  EXPECT_EQ(ab.sizes(), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(ba.sizes(), (std::vector<int64_t>{1, 0}));
}

TEST(LateSimilarity, GradientsMatchFiniteDifferences) {
  expect_finite_differences(
      op(at::tensor({0, 2, 5}, at::kInt), at::tensor({0, 3, 4, 6}, at::kInt)),
      {random_tensor({5, 4}, 1, at::kDouble), random_tensor({6, 4}, 2, at::kDouble)});
}

TEST(LateSimilarity, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    const Tensor a_offsets = at::arange(0, 31).mul(23).to(at::kInt);
    const Tensor b_offsets = at::arange(0, 41).mul(31).to(at::kInt);
    return outputs_and_grads(op(a_offsets, b_offsets),
                             {random_tensor({690, 32}, 1), random_tensor({1240, 32}, 2)});
  });
}

TEST(LateSimilarity, NamesTheArgumentThatDoesNotFit) {
  const Tensor x = at::zeros({3, 2});
  const Tensor whole = at::tensor({0, 3}, at::kInt);
  EXPECT_EQ(thrown<DataError>([&] {
              late_similarity(x, whole, x, at::tensor({0, 3, 3}, at::kInt));
            }),
            "`b_offsets` must give every sequence a token, but sequence 1 is empty instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              late_similarity(x, at::tensor({0, 2}, at::kInt), x, whole);
            }),
            "`a_offsets` must be ascending from 0 to T = 3, but is at 2 in the end instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              late_similarity(x, whole, at::zeros({3, 4}), whole);
            }),
            "`b` must be [Tb, D] with D = 2, but is [3, 4] instead.");
}

}  // namespace tpretrain::ops::late_similarity_test
