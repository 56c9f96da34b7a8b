#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

namespace mlm_test {

Batch masked_batch() {
  Batch batch = text_batch({5, 1, 3});
  batch.set("mlm.rows", int_tensor({1, 4, 7}));
  batch.set("mlm.labels", int_tensor({3, 0, 10}));
  return batch;
}

at::Tensor nll(const at::Tensor& logits, const at::Tensor& labels) {
  return -at::log_softmax(logits, 1).gather(1, labels.to(at::kLong).unsqueeze(1)).sum();
}

at::Tensor selected(const Batch& batch, const Sequence& sequence) {
  return sequence.x.index_select(0, batch.at("mlm.rows"));
}

}  // namespace mlm_test

TEST(MlmTarget, HandComputedLossOfTwoRows) {
  // Two classes, identity matrix, no transform: row (0, ln 3) has probabilities 1/4 and 3/4.
  BuildContext context = small_context();
  context.pass = [](const std::string&) { return PassInfo{"main", "text", 2, 0, 0}; };
  const auto target = build<Target>("mlm: {transform: false, vocabulary: 2}", context);
  auto p = target->named_parameters();
  p["output.weight"].data().copy_(at::tensor(std::vector<double>{1, 0, 0, 1}).view({2, 2}));
  Batch batch = text_batch({3});
  batch.set("mlm.rows", int_tensor({0, 2}));
  batch.set("mlm.labels", int_tensor({0, 1}));
  Sequence sequence = random_sequence(batch, 2);
  sequence.x = at::tensor(std::vector<double>{0, std::log(3), 5, 5, 0, std::log(3)}, at::kDouble)
                   .view({3, 2});
  FakePasses passes({sequence, {}, {}});
  const Losses losses = target->forward(passes, batch, {});
  EXPECT_NEAR(losses.at(0).sum.item<double>(), std::log(4.0) + std::log(4.0 / 3), 1e-12);
  EXPECT_EQ(losses[0].correct.item<float>(), 1.0F);
}

TEST(MlmTarget, MatchesPlainMatrixProducts) {
  const auto target = build<Target>("mlm: {name: masked, weight: 0.25}");
  auto p = target->named_parameters();
  p["dense.bias"].data().fill_(0.1);
  p["output.bias"].data().copy_(random_values({11}, 4));
  const Batch batch = mlm_test::masked_batch();
  const Sequence sequence = random_sequence(batch, 8);
  FakePasses passes({sequence, {}, {}});
  const Losses losses = target->forward(passes, batch, {});
  const at::Tensor dense =
      at::gelu(at::matmul(mlm_test::selected(batch, sequence), p["dense.weight"].t()) + 0.1);
  const at::Tensor normed = at::layer_norm(dense, {8}, p["norm.weight"], p["norm.bias"], 1e-12);
  const at::Tensor logits = at::matmul(normed, p["output.weight"].t()) + p["output.bias"];
  expect_near(losses.at(0).sum, mlm_test::nll(logits, batch.at("mlm.labels")));
  EXPECT_EQ(losses[0].name, "masked");
  EXPECT_EQ(losses[0].weight, 0.25);
  expect_near(target->token_scores(passes, batch.at("mlm.rows"), {}), logits);
  EXPECT_EQ(passes.asked.front(), "main");
}

TEST(MlmTarget, SmoothsInTrainingOnly) {
  const auto target = build<Target>("mlm: {smoothing: 0.3}");
  const Batch batch = mlm_test::masked_batch();
  FakePasses passes({random_sequence(batch, 8), {}, {}});
  const at::Tensor logits = target->token_scores(passes, batch.at("mlm.rows"), {});
  const at::Tensor hard = mlm_test::nll(logits, batch.at("mlm.labels"));
  expect_near(target->forward(passes, batch, {}).at(0).sum, hard);
  expect_near(target->forward(passes, batch, training_call()).at(0).sum,
              0.7 * hard - 0.3 * at::log_softmax(logits, 1).mean(1).sum());
}

TEST(MlmTarget, NamesItsParameters) {
  EXPECT_EQ(
      parameter_list(*build<Target>("mlm")),
      (std::vector<std::string>{"dense.weight [8, 8]", "dense.bias [8]", "norm.weight [8]",
                                "norm.bias [8]", "output.weight [11, 8]", "output.bias [11]"}));
  EXPECT_EQ(parameter_list(*build<Target>("mlm: {transform: false}")),
            (std::vector<std::string>{"output.weight [11, 8]", "output.bias [11]"}));
}

TEST(MlmTarget, BorrowsATiedTable) {
  BuildPlan plan;
  const auto target = components().make<Target>(choice("mlm: {tie: embedding.word}"),
                                                Build(plan, "target.mlm", small_context()));
  ASSERT_EQ(plan.ties.size(), 1U);
  EXPECT_EQ(plan.ties[0].name, "target.mlm.output.weight");
  EXPECT_EQ(plan.ties[0].owner, "embedding.word");
}

TEST(MlmTarget, CountsItsLabels) {
  const auto target = build<Target>("mlm");
  EXPECT_EQ(target->count(mlm_test::masked_batch()), (Counts{{"mlm", 3}}));
}

TEST(MlmTarget, NoMaskedTokenGivesNoLossAndNoGradient) {
  const auto target = build<Target>("mlm");
  Batch batch = text_batch({2});
  batch.set("mlm.rows", int_tensor({}));
  batch.set("mlm.labels", int_tensor({}));
  FakePasses passes({random_sequence(batch, 8), {}, {}});
  const Losses losses = target->forward(passes, batch, {});
  EXPECT_EQ(losses.at(0).sum.item<double>(), 0);
  losses[0].sum.backward();
  EXPECT_EQ(target->named_parameters()["output.bias"].grad().abs().max().item<double>(), 0);
}

TEST(MlmTarget, GradientMatchesFiniteDifferences) {
  for (const std::string yaml : {"mlm", "mlm: {smoothing: 0.1, activation: gelu_tanh, norm: rms}",
                                 "mlm: {transform: false}"}) {
    const auto target = build<Target>(yaml);
    const Batch batch = mlm_test::masked_batch();
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
}

TEST(MlmTarget, RefusesRowsOfAnotherView) {
  const auto target = build<Target>("mlm: {view: caption}");
  const Batch batch = mlm_test::masked_batch();
  FakePasses passes({random_sequence(batch, 8), {}, {}});
  const std::string message = message_of<ShapeError>([&] { target->forward(passes, batch, {}); });
  EXPECT_NE(message.find("'caption'"), std::string::npos) << message;
}

TEST(MlmTarget, NeedsAVocabulary) {
  BuildContext context = small_context();
  context.vocabulary = 0;
  const std::string message = message_of<ConfigError>([&] { build<Target>("mlm", context); });
  EXPECT_NE(message.find("'vocabulary'"), std::string::npos) << message;
}

}  // namespace tpretrain::testing
