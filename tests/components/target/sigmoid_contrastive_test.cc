#include <ATen/ops/eye.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/matmul.h>

#include "tests/components/contrast_support.h"

namespace tpretrain::testing {

namespace sigmoid_contrastive_test {

const char* kSigmoid = "sigmoid_contrastive: {between: [a, b], scale: {init: 4}, bias: -2}";

at::Tensor unit(const at::Tensor& x) {
  return x / x.pow(2).sum(1, true).sqrt();
}

}  // namespace sigmoid_contrastive_test

using sigmoid_contrastive_test::kSigmoid;

TEST(SigmoidContrastiveTarget, AsksEveryPair) {
  const auto target = build_contrast(kSigmoid);
  EXPECT_EQ(parameter_list(*target), (std::vector<std::string>{"scale [1]", "bias [1]"}));
  const at::Tensor a = random_values({5, 6}, 1);
  const at::Tensor b = random_values({5, 6}, 2);
  TwoPasses passes(pooled_output(a), pooled_output(b));
  const at::Tensor z =
      4 * at::matmul(sigmoid_contrastive_test::unit(a), sigmoid_contrastive_test::unit(b).t()) - 2;
  const at::Tensor sign = 2 * at::eye(5, at::kDouble) - 1;
  expect_near(target->forward(passes, sample_batch(5), {}).at(0).sum,
              -at::log_sigmoid(sign * z).sum());
  EXPECT_EQ(target->count(sample_batch(5)), (Counts{{"sigmoid_contrastive", 5}}));
}

TEST(SigmoidContrastiveTarget, PartsOfAStepAddUpToTheWhole) {
  const auto target = build_contrast(kSigmoid);
  const PassOutput a = pooled_output(random_values({6, 6}, 1));
  const PassOutput b = pooled_output(random_values({6, 6}, 2));
  TwoPasses passes(a, b);
  expect_near(sum_over_parts(*target, a, b, sample_batch(6), {2, 4}),
              target->forward(passes, sample_batch(6), {}).at(0).sum);
}

TEST(SigmoidContrastiveTarget, GradientMatchesFiniteDifferences) {
  const auto target = build_contrast(kSigmoid);
  at::Tensor a = random_values({4, 6}, 1).requires_grad_();
  at::Tensor b = random_values({4, 6}, 2).requires_grad_();
  auto leaves = leaves_of(*target);
  leaves.emplace_back("a", a);
  leaves.emplace_back("b", b);
  const auto loss = [&] {
    TwoPasses passes(pooled_output(a), pooled_output(b), SampleRange{1, 2});
    return target->forward(passes, sample_batch(4), {}).at(0).sum;
  };
  expect_gradients(loss, leaves, 1e-5);
}

TEST(SigmoidContrastiveTarget, NeedsTwoPasses) {
  EXPECT_NE(faults_of("target", "sigmoid_contrastive: {between: [a, b, c]}").find("names 3"),
            std::string::npos);
}

}  // namespace tpretrain::testing
