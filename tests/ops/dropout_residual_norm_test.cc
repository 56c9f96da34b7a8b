#include "ops/op_test.h"

namespace tpretrain::ops::dropout_residual_norm_test {

constexpr double kEps = 1e-5;

struct Case {
  NormKind kind;
  double p;
  bool with_bias;  ///< in[2] is x_bias
};

/// in: x, residual, (x_bias), (weight, bias)
std::function<Tensors(const Tensors&)> op(Case c) {
  return [c](const Tensors& in) {
    const Tensor x_bias = c.with_bias ? in[2] : Tensor();
    const size_t next = c.with_bias ? 3 : 2;
    const bool has_norm = c.kind != NormKind::kNone;
    const auto [y, sum] = dropout_residual_norm(
        in[0], x_bias, in[1], has_norm ? in[next] : Tensor(), has_norm ? in[next + 1] : Tensor(),
        c.kind, kEps, {c.p, 42}, token_keys(in[0].size(0)));
    return Tensors{y, sum};
  };
}

std::function<Tensors(const Tensors&)> reference(Case c) {
  return [c](const Tensors& in) {
    const Tensor mask = c.p == 0 ? at::ones_like(in[0])
                                 : dropout_mask(token_keys(in[0].size(0)), in[0].size(1), c.p, 42,
                                                in[0].scalar_type());
    const Tensor sum = in[1] + (c.with_bias ? in[0] + in[2] : in[0]) * mask;
    if (c.kind == NormKind::kNone) {
      return Tensors{sum, sum};
    }
    const size_t next = c.with_bias ? 3 : 2;
    const Tensor centred = c.kind == NormKind::kLayer ? sum - sum.mean(1, true) : sum;
    const Tensor y =
        centred / (centred.square().mean(1, true) + kEps).sqrt() * in[next] + in[next + 1];
    return Tensors{y, sum};
  };
}

Tensors inputs(Case c, int64_t rows, int64_t cols, at::ScalarType dtype) {
  Tensors in = {random_tensor({rows, cols}, 1, dtype), random_tensor({rows, cols}, 2, dtype)};
  if (c.with_bias) {
    in.push_back(random_tensor({cols}, 3, dtype));
  }
  if (c.kind != NormKind::kNone) {
    in.push_back(random_tensor({cols}, 4, dtype));
    in.push_back(random_tensor({cols}, 5, dtype));
  }
  return in;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const NormKind kind : {NormKind::kNone, NormKind::kLayer, NormKind::kRms}) {
    for (const double p : {0.0, 0.4}) {
      cases.push_back({kind, p, false});
      cases.push_back({kind, p, true});
    }
  }
  return cases;
}

TEST(DropoutResidualNorm, MatchesHandComputedValues) {
  const Tensor x = at::tensor({1.0, 2.0}, at::kDouble).reshape({1, 2});
  const Tensor residual = at::tensor({3.0, 8.0}, at::kDouble).reshape({1, 2});
  const Tensor x_bias = at::tensor({0.0, 2.0}, at::kDouble);
  const Tensor weight = at::tensor({1.0, 2.0}, at::kDouble);
  const Tensor bias = at::tensor({0.5, 0.0}, at::kDouble);
  // sum = (4, 12), mean 8, deviation 4
  const auto [y, sum] =
      dropout_residual_norm(x, x_bias, residual, weight, bias, NormKind::kLayer, 0, {}, {});
  EXPECT_TRUE(at::equal(sum, at::tensor({4.0, 12.0}, at::kDouble).reshape({1, 2})));
  expect_close(y, at::tensor({-0.5, 2.0}, at::kDouble).reshape({1, 2}), 1e-14);
}

TEST(DropoutResidualNorm, EqualsTheDefinitionOverShapes) {
  for (const Case& c : all_cases()) {
    for (const auto& s : std::vector<std::vector<int64_t>>{{1, 2}, {5, 123}, {0, 4}, {300, 40}}) {
      for (const auto dtype : {at::kFloat, at::kDouble}) {
        SCOPED_TRACE(norm_names()[static_cast<size_t>(c.kind)]);
        expect_same_function(op(c), reference(c), inputs(c, s[0], s[1], dtype),
                             dtype == at::kFloat ? 2e-5 : 0);
      }
    }
  }
}

TEST(DropoutResidualNorm, GradientOfOneOutputAloneIsEnough) {
  const Case c{NormKind::kLayer, 0.4, true};
  for (const size_t keep : {0, 1}) {
    const auto only = [&](const std::function<Tensors(const Tensors&)>& fn) {
      return [fn, keep](const Tensors& in) {
        Tensors leaves(in.begin(), in.end());
        Tensors out = fn(leaves);
        // The other output must not reach the loss; weight and bias still need a path.
        return Tensors{keep == 0 ? out[0] : out[1] + 0 * (leaves[3] + leaves[4])};
      };
    };
    expect_same_function(only(op(c)), only(reference(c)), inputs(c, 6, 10, at::kDouble));
  }
}

TEST(DropoutResidualNorm, GradientsMatchFiniteDifferences) {
  for (const Case& c : all_cases()) {
    expect_finite_differences(op(c), inputs(c, 5, 7, at::kDouble));
  }
}

TEST(DropoutResidualNorm, BitsDoNotDependOnThreads) {
  for (const Case& c : all_cases()) {
    expect_same_bits_for_threads(
        [&] { return outputs_and_grads(op(c), inputs(c, 1000, 130, at::kFloat)); });
  }
}

TEST(DropoutResidualNorm, NamesTheArgumentThatDoesNotFit) {
  const Tensor x = random_tensor({2, 3}, 1);
  EXPECT_EQ(thrown<ShapeError>([&] {
              dropout_residual_norm(x, {}, random_tensor({2, 4}, 2), {}, {}, NormKind::kNone, kEps,
                                    {}, {});
            }),
            "`residual` must be [T, D] with T = 2, D = 3, but is [2, 4] instead.");
  EXPECT_EQ(thrown<ShapeError>(
                [&] { dropout_residual_norm(x, {}, x, {}, {}, NormKind::kLayer, kEps, {}, {}); }),
            "`weight` must be [D] with D = 3, but is undefined instead.");
}

}  // namespace tpretrain::ops::dropout_residual_norm_test
