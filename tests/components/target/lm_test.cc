#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

namespace lm_test {

Batch next_token_batch() {
  Batch batch = text_batch({3, 1, 2});
  batch.set("lm.rows", int_tensor({0, 1, 4}));
  batch.set("lm.labels", int_tensor({5, 2, 5}));
  return batch;
}

}  // namespace lm_test

TEST(LmTarget, UniformScoresCostTheLogOfTheClasses) {
  const auto target = build<Target>("lm");
  target->named_parameters()["output.weight"].data().zero_();
  const Batch batch = lm_test::next_token_batch();
  FakePasses passes({random_sequence(batch, 8), {}, {}});
  const Losses losses = target->forward(passes, batch, {});
  EXPECT_NEAR(losses.at(0).sum.item<double>(), 3 * std::log(11.0), 1e-12);
  EXPECT_EQ(losses[0].name, "lm");
}

TEST(LmTarget, MatchesPlainMatrixProducts) {
  const auto target = build<Target>("lm: {bias: true}");
  auto p = target->named_parameters();
  p["output.bias"].data().copy_(random_values({11}, 4));
  const Batch batch = lm_test::next_token_batch();
  const Sequence sequence = random_sequence(batch, 8);
  FakePasses passes({sequence, {}, {}});
  const at::Tensor logits =
      at::matmul(sequence.x.index_select(0, batch.at("lm.rows")), p["output.weight"].t()) +
      p["output.bias"];
  const at::Tensor labels = batch.at("lm.labels").to(at::kLong).unsqueeze(1);
  expect_near(target->forward(passes, batch, {}).at(0).sum,
              -at::log_softmax(logits, 1).gather(1, labels).sum());
  expect_near(target->token_scores(passes, batch.at("lm.rows"), {}), logits);
  EXPECT_EQ(target->token_labels(), "lm.labels");
}

TEST(LmTarget, SmoothsInTrainingOnly) {
  const auto target = build<Target>("lm: {smoothing: 0.3}");
  const Batch batch = lm_test::next_token_batch();
  FakePasses passes({random_sequence(batch, 8), {}, {}});
  const at::Tensor log_p =
      at::log_softmax(target->token_scores(passes, batch.at("lm.rows"), {}), 1);
  const at::Tensor labels = batch.at("lm.labels").to(at::kLong).unsqueeze(1);
  const at::Tensor hard = -log_p.gather(1, labels).sum();
  expect_near(target->forward(passes, batch, {}).at(0).sum, hard);
  expect_near(target->forward(passes, batch, training_call()).at(0).sum,
              0.7 * hard - 0.3 * log_p.mean(1).sum());
}

TEST(LmTarget, HasABiasOnlyWhenAsked) {
  EXPECT_EQ(parameter_list(*build<Target>("lm")),
            std::vector<std::string>{"output.weight [11, 8]"});
  EXPECT_EQ(parameter_list(*build<Target>("lm: {bias: true, vocabulary: 7}")),
            (std::vector<std::string>{"output.weight [7, 8]", "output.bias [7]"}));
}

TEST(LmTarget, BorrowsATiedTable) {
  BuildPlan plan;
  const auto target = components().make<Target>(choice("lm: {tie: embedding.word}"),
                                                Build(plan, "target.lm", small_context()));
  ASSERT_EQ(plan.ties.size(), 1U);
  EXPECT_EQ(plan.ties[0].name, "target.lm.output.weight");
}

TEST(LmTarget, CountsItsLabelsUnderItsName) {
  const auto target = build<Target>("lm: {name: next}");
  EXPECT_EQ(target->count(lm_test::next_token_batch()), (Counts{{"next", 3}}));
}

TEST(LmTarget, GradientMatchesFiniteDifferences) {
  const auto target = build<Target>("lm: {bias: true, smoothing: 0.1}");
  const Batch batch = lm_test::next_token_batch();
  Sequence sequence = random_sequence(batch, 8);
  sequence.x.requires_grad_();
  auto leaves = leaves_of(*target);
  leaves.emplace_back("x", sequence.x);
  const auto loss = [&] {
    FakePasses passes({sequence, {}, {}});
    return target->forward(passes, batch, training_call()).at(0).sum;
  };
  expect_gradients(loss, leaves, 1e-5);
}

TEST(LmTarget, NamesAMissingBatchField) {
  const auto target = build<Target>("lm");
  const std::string message = message_of<DataError>([&] { target->count(text_batch({2})); });
  EXPECT_NE(message.find("lm.labels"), std::string::npos) << message;
}

TEST(LmTarget, RefusesFullSmoothing) {
  EXPECT_NE(faults_of("target", "lm: {smoothing: 1}").find("smoothing"), std::string::npos);
}

}  // namespace tpretrain::testing
