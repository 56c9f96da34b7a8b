#include "ops/op_test.h"

namespace tpretrain::ops::contrastive_test {

struct Groups {
  Tensor queries;
  Tensor keys;
};

/// Every query and every key has a positive; groups have one to a few members.
Groups random_groups(int64_t rows, int64_t cols, int64_t count) {
  const auto draw = [count](int64_t size, uint64_t seed) {
    const Tensor first = at::arange(std::min(count, size), at::kLong);
    return at::cat({first, random_index(size - first.size(0), first.size(0), seed)}) * 3 - 5;
  };
  const int64_t shared = std::min({count, rows, cols});
  return count > shared ? random_groups(rows, cols, shared)
                        : Groups{draw(rows, 11).flip(0), draw(cols, 12)};
}

/// in: queries, keys, scale
std::function<Tensors(const Tensors&)> op(const Groups& groups, bool columns, double smoothing) {
  return [=](const Tensors& in) {
    return Tensors{std::get<0>(
        contrastive(in[0], in[1], in[2], groups.queries, groups.keys, columns, smoothing))};
  };
}

/// Cross-entropy of the rows of a dense matrix against (1 - s) * uniform over equals + s / N.
Tensor dense_loss(const Tensor& logits, const Tensor& own, const Tensor& other, double smoothing) {
  const Tensor same = own.unsqueeze(1).eq(other.unsqueeze(0)).to(logits.scalar_type());
  const Tensor target =
      same / same.sum(1, true) * (1 - smoothing) + smoothing / static_cast<double>(logits.size(1));
  return -(target * at::log_softmax(logits, 1)).sum();
}

Tensor dense_logits(const Tensors& in) {
  return in[2] * at::matmul(in[0], in[1].t());
}

std::function<Tensors(const Tensors&)> reference(const Groups& groups, bool columns,
                                                 double smoothing) {
  return [=](const Tensors& in) {
    const Tensor logits = dense_logits(in);
    const Tensor rows = dense_loss(logits, groups.queries, groups.keys, smoothing);
    return Tensors{columns ? rows + dense_loss(logits.t(), groups.keys, groups.queries, smoothing)
                           : rows};
  };
}

Tensor unit_rows(at::IntArrayRef sizes, uint64_t seed, at::ScalarType dtype) {
  const Tensor x = random_tensor(sizes, seed, at::kDouble);
  return (x / x.norm(2, {1}, true)).to(dtype);
}

TEST(Contrastive, MatchesHandComputedValues) {
  // s = ln 2 * (1, 2; 0, 3): rows (2, 4) and (1, 8) of e^s, columns (2, 1) and (4, 8).
  const Tensor queries = at::eye(2, at::kDouble);
  const Tensor keys = at::tensor({1.0, 0.0, 2.0, 3.0}, at::kDouble).reshape({2, 2});
  const Tensor scale = leaf(at::scalar_tensor(std::log(2.0), at::kDouble));
  const Tensor groups = at::tensor({4, 9}, at::kLong);
  const auto [rows, row_hits] = contrastive(queries, keys, scale, groups, groups, false);
  EXPECT_NEAR(rows.item<double>(), std::log(6.0 / 2) + std::log(9.0 / 8), 1e-12);
  EXPECT_EQ(row_hits.item<float>(), 1);
  const auto [both, hits] = contrastive(queries, keys, scale, groups, groups, true);
  EXPECT_NEAR(both.item<double>(),
              std::log(6.0 / 2) + std::log(9.0 / 8) + std::log(3.0 / 2) + std::log(12.0 / 8),
              1e-12);
  EXPECT_EQ(hits.item<float>(), 3);
  // d rows / d scale = expected product - product of the positive: 5/3 - 1 and 24/9 - 3.
  rows.backward();
  EXPECT_NEAR(scale.grad().item<double>(), 5.0 / 3 - 1 + 24.0 / 9 - 3, 1e-12);
}

TEST(Contrastive, EqualsTheDenseFormOverShapes) {
  const std::vector<std::vector<int64_t>> shapes = {
      {1, 1, 1, 1}, {5, 7, 123, 3}, {123, 5, 7, 5}, {300, 1100, 9, 200}, {530, 513, 8, 513}};
  for (const auto& s : shapes) {
    const Groups groups = random_groups(s[0], s[1], s[3]);
    for (const bool columns : {false, true}) {
      for (const double smoothing : {0.0, 0.1}) {
        for (const auto dtype : {at::kFloat, at::kDouble}) {
          SCOPED_TRACE(testing::PrintToString(s));
          expect_same_function(op(groups, columns, smoothing),
                               reference(groups, columns, smoothing),
                               {unit_rows({s[0], s[2]}, 1, dtype),
                                unit_rows({s[1], s[2]}, 2, dtype), at::scalar_tensor(14.0, dtype)});
        }
      }
    }
  }
}

TEST(Contrastive, CountsFirstArgMaximaThatArePositives) {
  const Groups groups = random_groups(600, 1100, 40);
  const Tensors in = {unit_rows({600, 6}, 1, at::kFloat), unit_rows({1100, 6}, 2, at::kFloat),
                      at::scalar_tensor(5.0F, at::kFloat)};
  const Tensor logits = dense_logits(in);
  const auto hits = [](const Tensor& scores, const Tensor& own, const Tensor& other) {
    return other.index_select(0, at::argmax(scores, 1)).eq(own).sum().item<int64_t>();
  };
  const int64_t rows = hits(logits, groups.queries, groups.keys);
  const int64_t columns = hits(logits.t(), groups.keys, groups.queries);
  ASSERT_GT(rows, 0);
  const auto count = [&](bool both) {
    return std::get<1>(contrastive(in[0], in[1], in[2], groups.queries, groups.keys, both))
        .item<float>();
  };
  EXPECT_EQ(count(false), rows);
  EXPECT_EQ(count(true), rows + columns);
}

TEST(Contrastive, TheFirstOfEqualScoresIsTheArgMax) {
  // Of all groups only that of the first three has more than one member.
  const int64_t count = 1100;
  const Tensor groups = at::arange(count).clamp_min(2);
  const Tensor zero = at::zeros({count, 2});
  const auto [loss, correct] = contrastive(zero, zero, at::ones({}), groups, groups, true);
  EXPECT_EQ(correct.item<float>(), 3 + 3);
  EXPECT_NEAR(loss.item<float>(), 2 * count * std::log(1100.0), 0.05);
}

TEST(Contrastive, LargeScoresDoNotOverflow) {
  const Groups groups = random_groups(40, 600, 40);
  const Tensors in = {unit_rows({40, 4}, 1, at::kFloat), unit_rows({600, 4}, 2, at::kFloat),
                      at::scalar_tensor(1000.0F, at::kFloat)};
  expect_same_function(op(groups, true, 0), reference(groups, true, 0), in);
}

TEST(Contrastive, NoQueriesGiveZeroAndZeroGradients) {
  const Tensor queries = leaf(at::empty({0, 4}));
  const Tensor keys = leaf(random_tensor({9, 4}, 1));
  const Tensor scale = leaf(at::ones({}));
  const auto [loss, correct] =
      contrastive(queries, keys, scale, at::empty({0}, at::kLong), at::arange(9), false);
  EXPECT_EQ(loss.item<float>(), 0);
  EXPECT_EQ(correct.item<float>(), 0);
  loss.backward();
  EXPECT_EQ(queries.grad().size(0), 0);
  EXPECT_TRUE(at::equal(keys.grad(), at::zeros({9, 4})));
  EXPECT_EQ(scale.grad().item<float>(), 0);
}

TEST(Contrastive, GradientsMatchFiniteDifferences) {
  const Groups groups = random_groups(5, 7, 3);
  for (const bool columns : {false, true}) {
    for (const double smoothing : {0.0, 0.2}) {
      expect_finite_differences(
          op(groups, columns, smoothing),
          {random_tensor({5, 4}, 1, at::kDouble), random_tensor({7, 4}, 2, at::kDouble),
           at::scalar_tensor(0.7, at::kDouble)});
    }
  }
}

TEST(Contrastive, EachGradientIsTheSameAlone) {
  const Groups groups = random_groups(300, 600, 100);
  const Tensors in = {unit_rows({300, 9}, 1, at::kFloat), unit_rows({600, 9}, 2, at::kFloat),
                      at::scalar_tensor(7.0F, at::kFloat)};
  const Tensors all = outputs_and_grads(op(groups, true, 0.1), in);
  for (size_t i = 0; i < in.size(); ++i) {
    Tensors leaves = in;
    leaves[i] = leaf(in[i]);
    const Tensor loss = op(groups, true, 0.1)(leaves)[0];
    const Tensor upstream = random_tensor({}, 900);
    const auto grads = torch::autograd::grad({loss}, {leaves[i]}, {upstream});
    EXPECT_TRUE(same_bits(grads[0], all[1 + i])) << i;
  }
}

TEST(Contrastive, BitsDoNotDependOnThreads) {
  const Groups groups = random_groups(600, 1700, 300);
  expect_same_bits_for_threads([&] {
    return outputs_and_grads(op(groups, true, 0.1),
                             {random_tensor({600, 48}, 1), random_tensor({1700, 48}, 2),
                              at::scalar_tensor(0.3F, at::kFloat)});
  });
}

TEST(Contrastive, NamesTheArgumentThatDoesNotFit) {
  const Tensor queries = random_tensor({2, 3}, 1);
  const Tensor keys = random_tensor({4, 3}, 2);
  const Tensor one = at::ones({});
  const Tensor query_group = at::tensor({1, 2}, at::kLong);
  const Tensor key_group = at::tensor({1, 2, 3, 3}, at::kLong);
  EXPECT_EQ(thrown<DataError>([&] {
              contrastive(queries, keys, one, at::tensor({1, 8}, at::kLong), key_group, false);
            }),
            "`query_group` must hold groups of `key_group` only, but element 1 is 8 instead.");
  EXPECT_EQ(
      thrown<DataError>([&] { contrastive(queries, keys, one, query_group, key_group, true); }),
      "`key_group` must hold groups of `query_group` only, but element 2 is 3 instead.");
  EXPECT_EQ(
      thrown<ShapeError>([&] { contrastive(queries, keys, one, query_group, query_group, false); }),
      "`key_group` must be [N] with N = 4, but is [2] instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              contrastive(queries, keys, one.reshape({1}), query_group, key_group, false);
            }),
            "`scale` must be [], but is [1] instead.");
  EXPECT_EQ(thrown<ShapeError>(
                [&] { contrastive(queries, keys, one, query_group, key_group, false, 1); }),
            "`smoothing` must be in [0, 1), but is 1 instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              contrastive(queries, keys, one, query_group.to(at::kInt), key_group, false);
            }),
            "`query_group` must be Long, but is Int instead.");
}

}  // namespace tpretrain::ops::contrastive_test
