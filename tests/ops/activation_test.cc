#include "ops/op_test.h"

namespace tpretrain::ops::activation_test {

const std::vector<Activation> kAll = {
    Activation::kGelu, Activation::kGeluTanh, Activation::kQuickGelu, Activation::kRelu,
    Activation::kSilu, Activation::kTanh,     Activation::kNone};

Tensor act(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case Activation::kQuickGelu:
      return x * at::sigmoid(1.702 * x);
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kSilu:
      return at::silu(x);
    case Activation::kTanh:
      return at::tanh(x);
    case Activation::kNone:
      break;
  }
  return x * 1;
}

std::function<Tensors(const Tensors&)> biased(Activation activation) {
  return [activation](const Tensors& in) {
    return Tensors{bias_activation(in[0], in.size() > 1 ? in[1] : Tensor(), activation)};
  };
}

std::function<Tensors(const Tensors&)> biased_reference(Activation activation) {
  return [activation](const Tensors& in) {
    return Tensors{act(in.size() > 1 ? in[0] + in[1] : in[0], activation)};
  };
}

std::function<Tensors(const Tensors&)> gated(Activation activation) {
  return [activation](const Tensors& in) {
    return Tensors{gated_activation(in[0], in.size() > 1 ? in[1] : Tensor(), activation)};
  };
}

std::function<Tensors(const Tensors&)> gated_reference(Activation activation) {
  return [activation](const Tensors& in) {
    const auto halves = (in.size() > 1 ? in[0] + in[1] : in[0]).chunk(2, 1);
    return Tensors{act(halves[0], activation) * halves[1]};
  };
}

TEST(BiasActivation, MatchesHandComputedValues) {
  const Tensor x = at::tensor({-3.0F, 0.0F, 1.0F}).reshape({1, 3});
  const Tensor bias = at::tensor({1.0F, 0.0F, 1.0F});
  expect_close(bias_activation(x, bias, Activation::kRelu),
               at::tensor({0.0F, 0.0F, 2.0F}).reshape({1, 3}), 0);
  // gelu(-2), gelu(0), gelu(2) = -2 Phi(-2), 0, 2 Phi(2)
  expect_close(bias_activation(x, bias, Activation::kGelu),
               at::tensor({-0.0455002639F, 0.0F, 1.95449974F}).reshape({1, 3}), 1e-7);
}

TEST(BiasActivation, EqualsATenOverShapes) {
  for (const Activation activation : kAll) {
    for (const auto& s : std::vector<std::vector<int64_t>>{{1, 1}, {5, 123}, {0, 3}, {300, 48}}) {
      for (const auto dtype : {at::kFloat, at::kDouble}) {
        SCOPED_TRACE(activation_names()[static_cast<size_t>(activation)]);
        const Tensor x = random_tensor(s, 1, dtype, 3);
        expect_same_function(biased(activation), biased_reference(activation),
                             {x, random_tensor({s[1]}, 2, dtype)});
        expect_same_function(biased(activation), biased_reference(activation), {x});
      }
    }
  }
}

TEST(BiasActivation, StaysFiniteFarOut) {
  const Tensor x = at::tensor({-1e30F, -200.0F, -89.0F, 89.0F, 200.0F, 1e30F}).reshape({1, 6});
  for (const Activation activation : kAll) {
    SCOPED_TRACE(activation_names()[static_cast<size_t>(activation)]);
    if (activation == Activation::kGeluTanh) {
      continue;  // x^3 overflows at 1e30, in every implementation
    }
    const Tensor leaf_x = leaf(x);
    const Tensor y = bias_activation(leaf_x, {}, activation);
    expect_close(y, act(x, activation), 1e-6);
    y.sum().backward();
    EXPECT_TRUE(at::isfinite(leaf_x.grad()).all().item<bool>());
  }
}

TEST(BiasActivation, GradientsMatchFiniteDifferences) {
  for (const Activation activation : kAll) {
    expect_finite_differences(biased(activation), {random_tensor({5, 7}, 1, at::kDouble),
                                                   random_tensor({7}, 2, at::kDouble)});
  }
}

TEST(BiasActivation, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([&] {
    return outputs_and_grads(biased(Activation::kGelu),
                             {random_tensor({1000, 130}, 1), random_tensor({130}, 2)});
  });
}

TEST(BiasActivation, KeepsNotANumber) {
  const Tensor x = at::full({1, 20}, std::numeric_limits<float>::quiet_NaN());
  for (const Activation activation : kAll) {
    if (activation != Activation::kRelu) {
      EXPECT_TRUE(at::isnan(bias_activation(x, {}, activation)).all().item<bool>());
    }
  }
}

TEST(GatedActivation, MatchesHandComputedValues) {
  const Tensor x = at::tensor({-1.0F, 2.0F, 5.0F, 7.0F}).reshape({1, 4});
  const Tensor bias = at::tensor({0.0F, 1.0F, 0.0F, 1.0F});
  EXPECT_TRUE(at::equal(gated_activation(x, bias, Activation::kRelu),
                        at::tensor({0.0F, 24.0F}).reshape({1, 2})));
}

TEST(GatedActivation, EqualsATenOverShapes) {
  for (const Activation activation : kAll) {
    for (const auto& s : std::vector<std::vector<int64_t>>{{1, 2}, {5, 246}, {0, 6}, {300, 48}}) {
      for (const auto dtype : {at::kFloat, at::kDouble}) {
        SCOPED_TRACE(activation_names()[static_cast<size_t>(activation)]);
        const Tensor x = random_tensor(s, 1, dtype, 2);
        expect_same_function(gated(activation), gated_reference(activation),
                             {x, random_tensor({s[1]}, 2, dtype)});
        expect_same_function(gated(activation), gated_reference(activation), {x});
      }
    }
  }
}

TEST(GatedActivation, GradientsMatchFiniteDifferences) {
  for (const Activation activation : kAll) {
    expect_finite_differences(gated(activation), {random_tensor({5, 14}, 1, at::kDouble),
                                                  random_tensor({14}, 2, at::kDouble)});
  }
}

TEST(GatedActivation, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([&] {
    return outputs_and_grads(gated(Activation::kSilu),
                             {random_tensor({1000, 130}, 1), random_tensor({130}, 2)});
  });
}

TEST(GatedActivation, RefusesAnOddWidth) {
  EXPECT_EQ(thrown<ShapeError>([] {
              gated_activation(random_tensor({2, 3}, 1), {}, Activation::kSilu);
            }),
            "`x` must be [T, 2 F], but is 3 wide instead.");
}

}  // namespace tpretrain::ops::activation_test
