#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>

#include "tests/components/contrast_support.h"

namespace tpretrain::testing {

namespace late_interaction_test {

const char* kLate = "late_interaction: {between: [a, b], scale: {init: 4}}";

/// Token features of sequences of these lengths.
PassOutput tokens(const std::vector<int32_t>& lengths, uint64_t seed) {
  PassOutput output;
  output.sequence = random_sequence(text_batch(lengths), 6, seed);
  output.projected = output.sequence.x;
  return output;
}

at::Tensor sequence_of(const PassOutput& output, int64_t s) {
  const at::Tensor& offsets = output.sequence.layout.offsets;
  const at::Tensor x =
      output.projected.slice(0, offsets[s].item<int64_t>(), offsets[s + 1].item<int64_t>());
  return x / x.pow(2).sum(1, true).sqrt();
}

/// Mean over tokens of x of the best match in y, for all samples: the loop of the paper.
at::Tensor similarities(const PassOutput& from, const PassOutput& to, int64_t samples) {
  at::Tensor matrix = at::empty({samples, samples}, at::kDouble);
  for (int64_t i = 0; i < samples; ++i) {
    for (int64_t j = 0; j < samples; ++j) {
      const at::Tensor products = at::matmul(sequence_of(from, i), sequence_of(to, j).t());
      matrix[i][j] = products.amax(1).mean();
    }
  }
  return matrix;
}

const std::vector<int32_t> kLengthsA = {3, 1, 4};
const std::vector<int32_t> kLengthsB = {2, 5, 1};

}  // namespace late_interaction_test

using late_interaction_test::kLate;
using late_interaction_test::kLengthsA;
using late_interaction_test::kLengthsB;

TEST(LateInteractionTarget, EqualsTheNaiveLoop) {
  const auto target = build_contrast(kLate, two_pass_context(0));
  const PassOutput a = late_interaction_test::tokens(kLengthsA, 1);
  const PassOutput b = late_interaction_test::tokens(kLengthsB, 2);
  TwoPasses passes(a, b);
  const at::Tensor ab = at::log_softmax(4 * late_interaction_test::similarities(a, b, 3), 1);
  const at::Tensor ba = at::log_softmax(4 * late_interaction_test::similarities(b, a, 3), 1);
  expect_near(target->forward(passes, sample_batch(3), {}).at(0).sum,
              -0.5 * (ab.diagonal().sum() + ba.diagonal().sum()));
}

TEST(LateInteractionTarget, SmoothsInTrainingOnly) {
  const auto target = build_contrast(
      "late_interaction: {between: [a, b], scale: {init: 4}, smoothing: 0.3}", two_pass_context(0));
  const PassOutput a = late_interaction_test::tokens(kLengthsA, 1);
  const PassOutput b = late_interaction_test::tokens(kLengthsB, 2);
  TwoPasses passes(a, b);
  const at::Tensor log_p = at::log_softmax(4 * late_interaction_test::similarities(a, b, 3), 1) +
                           at::log_softmax(4 * late_interaction_test::similarities(b, a, 3), 1);
  const at::Tensor own = at::eye(3, at::kDouble);
  expect_near(target->forward(passes, sample_batch(3), {}).at(0).sum, -0.5 * (log_p * own).sum());
  expect_near(target->forward(passes, sample_batch(3), training_call()).at(0).sum,
              -0.5 * (log_p * (own * 0.7 + 0.3 / 3)).sum());
}

TEST(LateInteractionTarget, PartsOfAStepAddUpToTheWhole) {
  const auto target = build_contrast(kLate, two_pass_context(0));
  const PassOutput a = late_interaction_test::tokens(kLengthsA, 1);
  const PassOutput b = late_interaction_test::tokens(kLengthsB, 2);
  TwoPasses passes(a, b);
  expect_near(sum_over_parts(*target, a, b, sample_batch(3), {1, 2}),
              target->forward(passes, sample_batch(3), {}).at(0).sum);
}

TEST(LateInteractionTarget, GradientMatchesFiniteDifferences) {
  const auto target = build_contrast(kLate, two_pass_context(0));
  PassOutput a = late_interaction_test::tokens(kLengthsA, 1);
  PassOutput b = late_interaction_test::tokens(kLengthsB, 2);
  a.projected.requires_grad_();
  b.projected.requires_grad_();
  auto leaves = leaves_of(*target);
  leaves.emplace_back("a", a.projected);
  leaves.emplace_back("b", b.projected);
  for (const bool part : {false, true}) {
    const auto loss = [&] {
      TwoPasses passes(a, b, part ? std::optional(SampleRange{1, 2}) : std::nullopt);
      return target->forward(passes, sample_batch(3), {}).at(0).sum;
    };
    expect_gradients(loss, leaves, 1e-5);
  }
}

TEST(LateInteractionTarget, AsksForTokenFeatures) {
  const std::string message =
      message_of<ConfigError>([] { build<Target>(kLate, two_pass_context(6)); });
  EXPECT_NE(message.find("one feature a token"), std::string::npos) << message;
}

}  // namespace tpretrain::testing
