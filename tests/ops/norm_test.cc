#include "ops/op_test.h"

namespace tpretrain::ops::norm_test {

constexpr double kEps = 1e-5;

std::function<Tensors(const Tensors&)> op(NormKind kind) {
  return [kind](const Tensors& in) {
    return Tensors{ops::norm(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), kind, kEps)};
  };
}

/// From the definition, with ATen.
std::function<Tensors(const Tensors&)> reference(NormKind kind) {
  return [kind](const Tensors& in) {
    const Tensor mean =
        kind == NormKind::kLayer ? in[0].mean(1, true) : at::zeros({1, 1}, in[0].options());
    const Tensor centred = in[0] - mean;
    const Tensor y = centred / (centred.square().mean(1, true) + kEps).sqrt() * in[1];
    return Tensors{in.size() > 2 ? y + in[2] : y};
  };
}

TEST(Norm, LayerMatchesHandComputedValues) {
  const Tensor x = at::tensor({1.0, 2.0, 3.0, 6.0}, at::kDouble).reshape({1, 4});
  const Tensor weight = at::tensor({1.0, 1.0, 2.0, 1.0}, at::kDouble);
  const Tensor bias = at::tensor({0.0, 0.0, 1.0, 0.5}, at::kDouble);
  // mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5
  const double r = 1 / std::sqrt(3.5);
  const Tensor expected = at::tensor({-2 * r, -r, 1.0, 3 * r + 0.5}, at::kDouble).reshape({1, 4});
  expect_close(ops::norm(x, weight, bias, NormKind::kLayer, 0), expected, 1e-14);
}

TEST(Norm, RmsMatchesHandComputedValues) {
  const Tensor x = at::tensor({3.0F, 4.0F}).reshape({1, 2});
  const Tensor weight = at::tensor({1.0F, 2.0F});
  const double r = 1 / std::sqrt(12.5 + 0.5);
  expect_close(ops::norm(x, weight, {}, NormKind::kRms, 0.5),
               at::tensor({static_cast<float>(3 * r), static_cast<float>(8 * r)}).reshape({1, 2}),
               1e-6);
}

TEST(Norm, EqualsTheDefinitionOverShapes) {
  const std::vector<std::vector<int64_t>> shapes = {{1, 1},    {5, 123}, {123, 7},  {0, 8},
                                                    {300, 16}, {7, 768}, {520, 128}};
  for (const NormKind kind : {NormKind::kLayer, NormKind::kRms}) {
    for (const auto& s : shapes) {
      for (const auto dtype : {at::kFloat, at::kDouble}) {
        SCOPED_TRACE(testing::PrintToString(s));
        const Tensors in = {random_tensor(s, 1, dtype) + 0.5, random_tensor({s[1]}, 2, dtype),
                            random_tensor({s[1]}, 3, dtype)};
        // A single column under LayerNorm is 0 / sqrt(eps): its gradient is cancellation only.
        const double relative = s[1] == 1 && dtype == at::kFloat ? 1e-3 : 0;
        expect_same_function(op(kind), reference(kind), in, relative);
        expect_same_function(op(kind), reference(kind), {in[0], in[1]}, relative);
      }
    }
  }
}

TEST(Norm, EqualsATenLayerNorm) {
  const Tensor x = random_tensor({33, 100}, 1);
  const Tensor weight = random_tensor({100}, 2);
  const Tensor bias = random_tensor({100}, 3);
  expect_close(ops::norm(x, weight, bias, NormKind::kLayer, 1e-12),
               at::layer_norm(x, {100}, weight, bias, 1e-12), 1e-5);
}

TEST(Norm, GradientsMatchFiniteDifferences) {
  for (const NormKind kind : {NormKind::kLayer, NormKind::kRms}) {
    expect_finite_differences(
        op(kind), {random_tensor({5, 7}, 1, at::kDouble), random_tensor({7}, 2, at::kDouble),
                   random_tensor({7}, 3, at::kDouble)});
  }
}

TEST(Norm, BitsDoNotDependOnThreads) {
  for (const NormKind kind : {NormKind::kLayer, NormKind::kRms}) {
    expect_same_bits_for_threads([&] {
      return outputs_and_grads(op(kind), {random_tensor({1000, 130}, 1), random_tensor({130}, 2),
                                          random_tensor({130}, 3)});
    });
  }
}

TEST(Norm, NoneReturnsItsInput) {
  const Tensor x = random_tensor({2, 3}, 1);
  EXPECT_TRUE(ops::norm(x, {}, {}, NormKind::kNone, kEps).is_same(x));
}

TEST(Norm, NamesTheArgumentThatDoesNotFit) {
  EXPECT_EQ(
      thrown<ShapeError>([&] {
        ops::norm(random_tensor({2, 3}, 1), random_tensor({4}, 2), {}, NormKind::kLayer, kEps);
      }),
      "`weight` must be [D] with D = 3, but is [4] instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              ops::norm(random_tensor({3}, 1), random_tensor({3}, 2), {}, NormKind::kLayer, kEps);
            }),
            "`x` must be [T, D], but is [3] instead.");
}

}  // namespace tpretrain::ops::norm_test
