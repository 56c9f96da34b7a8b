#include "ops/op_test.h"

namespace tpretrain::ops::embedding_sum_test {

constexpr double kEps = 1e-5;

struct Case {
  std::vector<int64_t> table_rows;
  std::vector<int> dense_dims;  ///< 1 or 2 for each dense term
  NormKind kind;
  double p;
  int64_t tokens;
  int64_t cols;
};

Tensors indices_of(const Case& c) {
  Tensors indices;
  for (size_t i = 0; i < c.table_rows.size(); ++i) {
    indices.push_back(
        random_index(c.tokens, c.table_rows[i], 50 + i, i % 2 == 0 ? at::kInt : at::kLong));
  }
  return indices;
}

/// in: tables, dense, (weight, bias)
std::function<Tensors(const Tensors&)> op(const Case& c) {
  return [c](const Tensors& in) {
    const auto first_dense = in.begin() + static_cast<int64_t>(c.table_rows.size());
    const auto first_norm = first_dense + static_cast<int64_t>(c.dense_dims.size());
    const bool has_norm = c.kind != NormKind::kNone;
    const Tensors tables(in.begin(), first_dense);
    const Tensors dense(first_dense, first_norm);
    return Tensors{embedding_sum(tables, indices_of(c), dense, has_norm ? *first_norm : Tensor(),
                                 has_norm ? *(first_norm + 1) : Tensor(), c.kind, kEps, {c.p, 17},
                                 token_keys(c.tokens))};
  };
}

std::function<Tensors(const Tensors&)> reference(const Case& c) {
  return [c](const Tensors& in) {
    const Tensors indices = indices_of(c);
    Tensor sum = at::zeros({c.tokens, c.cols}, in[0].options());
    size_t next = 0;
    for (; next < indices.size(); ++next) {
      sum = sum + at::embedding(in[next], indices[next].to(at::kLong));
    }
    for (size_t j = 0; j < c.dense_dims.size(); ++j) {
      sum = sum + in[next++];
    }
    if (c.kind != NormKind::kNone) {
      const Tensor centred = c.kind == NormKind::kLayer ? sum - sum.mean(1, true) : sum;
      sum = centred / (centred.square().mean(1, true) + kEps).sqrt() * in[next] + in[next + 1];
    }
    return Tensors{
        c.p == 0 ? sum
                 : sum * dropout_mask(token_keys(c.tokens), c.cols, c.p, 17, sum.scalar_type())};
  };
}

Tensors inputs(const Case& c, at::ScalarType dtype) {
  Tensors in;
  for (const int64_t rows : c.table_rows) {
    in.push_back(random_tensor({rows, c.cols}, 1 + in.size(), dtype));
  }
  for (const int dims : c.dense_dims) {
    in.push_back(dims == 1 ? random_tensor({c.cols}, 1 + in.size(), dtype)
                           : random_tensor({c.tokens, c.cols}, 1 + in.size(), dtype));
  }
  if (c.kind != NormKind::kNone) {
    in.push_back(random_tensor({c.cols}, 1 + in.size(), dtype));
    in.push_back(random_tensor({c.cols}, 1 + in.size(), dtype));
  }
  return in;
}

std::vector<Case> all_cases() {
  return {{{50, 9, 2}, {}, NormKind::kLayer, 0.2, 123, 7}, {{1}, {}, NormKind::kNone, 0, 5, 1},
          {{50}, {2, 1}, NormKind::kNone, 0.5, 40, 16},    {{}, {2}, NormKind::kLayer, 0, 7, 20},
          {{3, 40}, {1, 2}, NormKind::kRms, 0, 300, 33},   {{50}, {2}, NormKind::kLayer, 0.1, 0, 8},
          {{400, 2}, {}, NormKind::kNone, 0, 700, 48}};
}

TEST(EmbeddingSum, MatchesHandComputedValues) {
  const Tensor word = at::arange(6, at::kFloat).reshape({3, 2});
  const Tensor segment = at::tensor({10.0F, 20.0F, 100.0F, 200.0F}).reshape({2, 2});
  const Tensor row = at::tensor({1.0F, 1.0F});
  const Tensors tables = {leaf(word), leaf(segment)};
  const Tensors indices = {at::tensor({2, 0, 2}, at::kInt), at::tensor({0, 1, 1}, at::kInt)};
  const Tensors dense = {row};
  const Tensor y = embedding_sum(tables, indices, dense, {}, {}, NormKind::kNone, 0, {}, {});
  EXPECT_TRUE(at::equal(
      y.detach(), at::tensor({15.0F, 26.0F, 101.0F, 202.0F, 105.0F, 206.0F}).reshape({3, 2})));
  (y * at::tensor({1.0F, 2.0F, 4.0F}).unsqueeze(1)).sum().backward();
  EXPECT_TRUE(at::equal(tables[0].grad(),
                        at::tensor({2.0F, 2.0F, 0.0F, 0.0F, 5.0F, 5.0F}).reshape({3, 2})));
  EXPECT_TRUE(at::equal(tables[1].grad(), at::tensor({1.0F, 1.0F, 6.0F, 6.0F}).reshape({2, 2})));
}

TEST(EmbeddingSum, EqualsTheDefinition) {
  for (const Case& c : all_cases()) {
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      SCOPED_TRACE(c.tokens);
      expect_same_function(op(c), reference(c), inputs(c, dtype), dtype == at::kFloat ? 3e-5 : 0);
    }
  }
}

TEST(EmbeddingSum, GradientsMatchFiniteDifferences) {
  for (const Case& c : all_cases()) {
    if (c.tokens * c.cols < 1000) {
      expect_finite_differences(op(c), inputs(c, at::kDouble));
    }
  }
}

TEST(EmbeddingSum, GivesOnlyTheGradientsThatAreWanted) {
  const Tensor frozen = random_tensor({4, 3}, 1);
  const Tensor trained = leaf(random_tensor({5, 3}, 2));
  const Tensor row = leaf(random_tensor({3}, 3));
  const Tensors tables = {frozen, trained};
  const Tensors indices = {random_index(6, 4, 4), at::full({6}, 2, at::kLong)};
  const Tensors dense = {row};
  embedding_sum(tables, indices, dense, {}, {}, NormKind::kNone, 0, {}, {}).sum().backward();
  EXPECT_FALSE(frozen.grad().defined());
  EXPECT_EQ(trained.grad()[2][0].item<float>(), 6);
  EXPECT_EQ(trained.grad().sum().item<float>(), 18);
  EXPECT_EQ(row.grad()[1].item<float>(), 6);
}

TEST(EmbeddingSum, BitsDoNotDependOnThreads) {
  for (const auto& rows : std::vector<std::vector<int64_t>>{{5000, 100, 2}, {6}}) {
    const Case c{rows, {}, NormKind::kLayer, 0.1, 2000, 100};
    expect_same_bits_for_threads([&] { return outputs_and_grads(op(c), inputs(c, at::kFloat)); });
  }
}

TEST(EmbeddingSum, NamesTheArgumentThatDoesNotFit) {
  const Tensors tables = {random_tensor({4, 3}, 1)};
  const Tensors bad = {at::tensor({0, 1, 4}, at::kInt)};
  EXPECT_EQ(thrown<DataError>(
                [&] { embedding_sum(tables, bad, {}, {}, {}, NormKind::kNone, 0, {}, {}); }),
            "`indices[0]` must be in [0, 4), but element 2 is 4 instead.");
  const Tensors negative = {at::tensor({0, -1}, at::kInt)};
  EXPECT_EQ(thrown<DataError>(
                [&] { embedding_sum(tables, negative, {}, {}, {}, NormKind::kNone, 0, {}, {}); }),
            "`indices[0]` must be in [0, 4), but element 1 is -1 instead.");
  EXPECT_EQ(thrown<ShapeError>(
                [&] { embedding_sum(tables, {}, {}, {}, {}, NormKind::kNone, 0, {}, {}); }),
            "`indices` must be one for each of 1 tables, but is 0 instead.");
  const Tensors dense = {random_tensor({2, 5}, 1)};
  const Tensors indices = {at::tensor({0, 1}, at::kInt)};
  EXPECT_EQ(thrown<ShapeError>(
                [&] { embedding_sum(tables, indices, dense, {}, {}, NormKind::kNone, 0, {}, {}); }),
            "`dense[0]` must be [T, D] with T = 2, D = 3, but is [2, 5] instead.");
}

}  // namespace tpretrain::ops::embedding_sum_test
