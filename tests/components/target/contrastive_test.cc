#include <cmath>

#include <ATen/ops/eye.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>

#include "tests/components/contrast_support.h"

namespace tpretrain::testing {

namespace contrastive_test {

const char* kContrastive = "contrastive: {between: [a, b], scale: {init: 4}}";

at::Tensor unit(const at::Tensor& x) {
  return x / x.pow(2).sum(1, true).sqrt();
}

/// Mean over both directions of cross-entropy against `target` [N, N], summed over samples.
at::Tensor naive_contrast(const at::Tensor& a, const at::Tensor& b, double scale,
                          const at::Tensor& target) {
  const at::Tensor logits = scale * at::matmul(unit(a), unit(b).t());
  return -0.5 * ((at::log_softmax(logits, 1) * target).sum() +
                 (at::log_softmax(logits.t(), 1) * target).sum());
}

}  // namespace contrastive_test

using contrastive_test::kContrastive;
using contrastive_test::naive_contrast;

TEST(ContrastiveTarget, IsTheMeanOfBothDirections) {
  const auto target = build_contrast(kContrastive);
  const at::Tensor a = random_values({5, 6}, 1);
  const at::Tensor b = random_values({5, 6}, 2);
  TwoPasses passes(pooled_output(a), pooled_output(b));
  const Losses losses = target->forward(passes, sample_batch(5), {});
  expect_near(losses.at(0).sum, naive_contrast(a, b, 4, at::eye(5, at::kDouble)));
  EXPECT_EQ(target->count(sample_batch(5)), (Counts{{"contrastive", 5}}));
}

TEST(ContrastiveTarget, SamplesOfOnePairAreAllPositives) {
  const auto target =
      build_contrast("contrastive: {between: [a, b], positives: pair, scale: {init: 4}}");
  const at::Tensor a = random_values({4, 6}, 1);
  const at::Tensor b = random_values({4, 6}, 2);
  Batch batch = sample_batch(4);
  const at::Tensor ids = at::tensor(std::vector<int64_t>{7, 3, 7, 9}, at::kLong);
  batch.set("pair.id", ids);
  TwoPasses passes(pooled_output(a), pooled_output(b));
  at::Tensor same = (ids.unsqueeze(0) == ids.unsqueeze(1)).to(at::kDouble);
  expect_near(target->forward(passes, batch, {}).at(0).sum,
              naive_contrast(a, b, 4, same / same.sum(1, true)));
  EXPECT_EQ(target->coupled().fields, std::vector<std::string>{"pair.id"});
}

TEST(ContrastiveTarget, PartsOfAStepAddUpToTheWhole) {
  const auto target = build_contrast(kContrastive);
  const PassOutput a = pooled_output(random_values({7, 6}, 1));
  const PassOutput b = pooled_output(random_values({7, 6}, 2));
  TwoPasses passes(a, b);
  const at::Tensor whole = target->forward(passes, sample_batch(7), {}).at(0).sum;
  expect_near(sum_over_parts(*target, a, b, sample_batch(7), {3, 1, 3}), whole);
}

TEST(ContrastiveTarget, SmoothsInTrainingOnly) {
  const auto target =
      build_contrast("contrastive: {between: [a, b], scale: {init: 4}, smoothing: 0.3}");
  const at::Tensor a = random_values({5, 6}, 1);
  const at::Tensor b = random_values({5, 6}, 2);
  const at::Tensor own = at::eye(5, at::kDouble);
  const at::Tensor hard = naive_contrast(a, b, 4, own);
  TwoPasses passes(pooled_output(a), pooled_output(b));
  expect_near(target->forward(passes, sample_batch(5), {}).at(0).sum, hard);
  expect_near(sum_over_parts(*target, pooled_output(a), pooled_output(b), sample_batch(5), {2, 3}),
              hard);
  expect_near(target->forward(passes, sample_batch(5), training_call()).at(0).sum,
              naive_contrast(a, b, 4, own * 0.7 + 0.3 / 5));
}

TEST(ContrastiveTarget, KeepsTheLogarithmOfItsScaleWithinBounds) {
  BuildPlan plan;
  const auto target = components().make<Target>(
      choice("contrastive: {between: [a, b], scale: {init: 4, min: 2, max: 50}}"),
      Build(plan, "target", two_pass_context()));
  ParameterBuffer buffer;
  buffer.build(plan, {}, 1, at::kDouble);
  ASSERT_EQ(buffer.segments().size(), 1U);
  EXPECT_EQ(buffer.segments()[0].name, "target.scale");
  at::Tensor scale = target->named_parameters()["scale"];
  EXPECT_NEAR(scale.item<double>(), std::log(4.0), 1e-6);
  scale.data().fill_(9);
  buffer.clamp();
  EXPECT_NEAR(scale.item<double>(), std::log(50.0), 1e-15);
  scale.data().fill_(-9);
  buffer.clamp();
  EXPECT_NEAR(scale.item<double>(), std::log(2.0), 1e-15);
}

TEST(ContrastiveTarget, AFixedScaleIsNoParameter) {
  const auto target = build<Target>(
      "contrastive: {between: [a, b], scale: {init: 4, learn: false}}", two_pass_context());
  EXPECT_TRUE(target->named_parameters().is_empty());
  const at::Tensor a = random_values({3, 6}, 1);
  TwoPasses passes(pooled_output(a), pooled_output(a));
  expect_near(target->forward(passes, sample_batch(3), {}).at(0).sum,
              naive_contrast(a, a, 4, at::eye(3, at::kDouble)));
}

TEST(ContrastiveTarget, ScopeDecidesWhetherItSeesTheWholeStep) {
  EXPECT_EQ(build_contrast(kContrastive)->coupled().passes, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(build<Target>("contrastive: {between: [a, b], scope: micro}", two_pass_context())
                  ->coupled()
                  .passes.empty());
}

TEST(ContrastiveTarget, GradientMatchesFiniteDifferences) {
  const auto target = build_contrast(kContrastive);
  at::Tensor a = random_values({4, 6}, 1).requires_grad_();
  at::Tensor b = random_values({4, 6}, 2).requires_grad_();
  auto leaves = leaves_of(*target);
  leaves.emplace_back("a", a);
  leaves.emplace_back("b", b);
  for (const bool part : {false, true}) {
    const auto loss = [&] {
      TwoPasses passes(pooled_output(a), pooled_output(b),
                       part ? std::optional(SampleRange{1, 2}) : std::nullopt);
      return target->forward(passes, sample_batch(4), {}).at(0).sum;
    };
    expect_gradients(loss, leaves, 1e-5);
  }
}

TEST(ContrastiveTarget, RefusesPassesThatCanNotBeCompared) {
  BuildContext context = two_pass_context();
  context.pass = [](const std::string& name) {
    return PassInfo{name, name, 8, 6, name == "a" ? 6 : 5};
  };
  const std::string widths = message_of<ConfigError>([&] { build<Target>(kContrastive, context); });
  EXPECT_NE(widths.find("width 6"), std::string::npos) << widths;
  EXPECT_NE(widths.find("width 5"), std::string::npos) << widths;
  const std::string pool =
      message_of<ConfigError>([&] { build<Target>(kContrastive, two_pass_context(0)); });
  EXPECT_NE(pool.find("one feature a sample"), std::string::npos) << pool;
  EXPECT_NE(faults_of("target", "contrastive: {between: [a]}").find("two passes"),
            std::string::npos);
  EXPECT_NE(faults_of("target", "contrastive").find("between"), std::string::npos);
}

}  // namespace tpretrain::testing
