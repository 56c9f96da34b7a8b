#include <cmath>

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

namespace classify_test {

Batch labelled_batch() {
  Batch batch = text_batch({3, 1, 2});
  batch.set("class.label", at::tensor(std::vector<int64_t>{2, 0, 1}, at::kLong));
  return batch;
}

}  // namespace classify_test

TEST(ClassifyTarget, IsTheCrossEntropyOfItsClasses) {
  const auto target = build<Target>("classify: {classes: 3, init: 0.5}", small_context(8));
  auto p = target->named_parameters();
  const Batch batch = classify_test::labelled_batch();
  const at::Tensor pooled = random_values({3, 8}, 4);
  FakePasses passes({random_sequence(batch, 8), pooled, {}});
  const at::Tensor logits = at::matmul(pooled, p["classifier.weight"].t()) + p["classifier.bias"];
  const at::Tensor labels = batch.at("class.label");
  const Losses losses = target->forward(passes, batch, {});
  expect_near(losses.at(0).sum, -at::log_softmax(logits, 1).gather(1, labels.unsqueeze(1)).sum());
  EXPECT_EQ(losses[0].correct.item<float>(), (logits.argmax(1) == labels).sum().item<float>());
  EXPECT_EQ(target->count(batch), (Counts{{"classify", 3}}));
}

TEST(ClassifyTarget, StartsAtTheLossOfChance) {
  const auto target = build<Target>("classify: {classes: 5}", small_context(8));
  const Batch batch = classify_test::labelled_batch();
  FakePasses passes({random_sequence(batch, 8), random_values({3, 8}, 4), {}});
  EXPECT_NEAR(target->forward(passes, batch, {}).at(0).sum.item<double>(), 3 * std::log(5.0),
              1e-12);
}

TEST(ClassifyTarget, SmoothsInTrainingOnly) {
  const auto smooth =
      build<Target>("classify: {classes: 3, init: 0.5, smoothing: 0.3}", small_context(8));
  const Batch batch = classify_test::labelled_batch();
  const at::Tensor pooled = random_values({3, 8}, 4);
  FakePasses passes({random_sequence(batch, 8), pooled, {}});
  auto p = smooth->named_parameters();
  const at::Tensor log_p =
      at::log_softmax(at::matmul(pooled, p["classifier.weight"].t()) + p["classifier.bias"], 1);
  const at::Tensor hard = -log_p.gather(1, batch.at("class.label").unsqueeze(1)).sum();
  expect_near(smooth->forward(passes, batch, {}).at(0).sum, hard);
  expect_near(smooth->forward(passes, batch, training_call()).at(0).sum,
              0.7 * hard - 0.3 * log_p.mean(1).sum());
}

TEST(ClassifyTarget, GradientMatchesFiniteDifferences) {
  const auto target = build<Target>("classify: {classes: 3, init: 0.5}", small_context(8));
  const Batch batch = classify_test::labelled_batch();
  at::Tensor pooled = random_values({3, 8}, 4).requires_grad_();
  auto leaves = leaves_of(*target);
  leaves.emplace_back("pooled", pooled);
  const auto loss = [&] {
    FakePasses passes({random_sequence(batch, 8), pooled, {}});
    return target->forward(passes, batch, {}).at(0).sum;
  };
  expect_gradients(loss, leaves, 1e-5);
}

TEST(ClassifyTarget, AsksForAPool) {
  EXPECT_NE(message_of<ConfigError>([] { build<Target>("classify"); }).find("one feature a sample"),
            std::string::npos);
}

}  // namespace tpretrain::testing
