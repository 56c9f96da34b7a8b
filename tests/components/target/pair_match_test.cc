#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

namespace pair_match_test {

Batch labelled_batch() {
  Batch batch = text_batch({3, 1, 2});
  batch.set("pair.label", int_tensor({0, 1, 1}));
  return batch;
}

}  // namespace pair_match_test

TEST(PairMatchTarget, ReadsThePooledOutputOfItsPass) {
  const auto target = build<Target>("pair_match: {name: nsp, weight: 2}", small_context(8));
  EXPECT_EQ(parameter_list(*target),
            (std::vector<std::string>{"classifier.weight [2, 8]", "classifier.bias [2]"}));
  auto p = target->named_parameters();
  p["classifier.bias"].data()[1] = 0.5;
  const Batch batch = pair_match_test::labelled_batch();
  const at::Tensor pooled = random_values({3, 8}, 4);
  FakePasses passes({random_sequence(batch, 8), pooled, {}});
  const Losses losses = target->forward(passes, batch, {});
  const at::Tensor logits = at::matmul(pooled, p["classifier.weight"].t()) + p["classifier.bias"];
  const at::Tensor labels = batch.at("pair.label").to(at::kLong).unsqueeze(1);
  expect_near(losses.at(0).sum, -at::log_softmax(logits, 1).gather(1, labels).sum());
  EXPECT_EQ(losses[0].correct.item<float>(),
            (logits.argmax(1) == batch.at("pair.label")).sum().item<float>());
  EXPECT_EQ(losses[0].name, "nsp");
  EXPECT_EQ(losses[0].weight, 2);
}

TEST(PairMatchTarget, OwnsAPoolerWhenThePassHasNone) {
  const auto target = build<Target>("pair_match");
  EXPECT_EQ(parameter_list(*target),
            (std::vector<std::string>{"pool.dense.weight [8, 8]", "pool.dense.bias [8]",
                                      "classifier.weight [2, 8]", "classifier.bias [2]"}));
  auto p = target->named_parameters();
  p["pool.dense.bias"].data().fill_(-0.2);
  const Batch batch = pair_match_test::labelled_batch();
  const Sequence sequence = random_sequence(batch, 8);
  FakePasses passes({sequence, {}, {}});
  const at::Tensor first = sequence.x.index_select(0, int_tensor({0, 3, 4}));
  const at::Tensor pooled = (at::matmul(first, p["pool.dense.weight"].t()) - 0.2).tanh();
  const at::Tensor logits = at::matmul(pooled, p["classifier.weight"].t());
  const at::Tensor labels = batch.at("pair.label").to(at::kLong).unsqueeze(1);
  expect_near(target->forward(passes, batch, {}).at(0).sum,
              -at::log_softmax(logits, 1).gather(1, labels).sum());
}

TEST(PairMatchTarget, CountsItsLabels) {
  const auto target = build<Target>("pair_match");
  EXPECT_EQ(target->count(pair_match_test::labelled_batch()), (Counts{{"pair_match", 3}}));
}

TEST(PairMatchTarget, ReadsOtherLabelsWhenTold) {
  const auto target = build<Target>("pair_match: {labels: order.label}", small_context(8));
  Batch batch = text_batch({2, 2});
  batch.set("order.label", int_tensor({1, 1}));
  EXPECT_EQ(target->count(batch), (Counts{{"pair_match", 2}}));
}

TEST(PairMatchTarget, GradientMatchesFiniteDifferences) {
  const auto target = build<Target>("pair_match");
  const Batch batch = pair_match_test::labelled_batch();
  Sequence sequence = random_sequence(batch, 8);
  sequence.x.requires_grad_();
  auto leaves = leaves_of(*target);
  leaves.emplace_back("x", sequence.x);
  const auto loss = [&] {
    FakePasses passes({sequence, {}, {}});
    return target->forward(passes, batch, {}).at(0).sum;
  };
  expect_gradients(loss, leaves, 1e-5);
}

TEST(PairMatchTarget, NamesAMissingBatchField) {
  const auto target = build<Target>("pair_match");
  const std::string message = message_of<DataError>([&] { target->count(text_batch({2})); });
  EXPECT_NE(message.find("pair.label"), std::string::npos) << message;
}

TEST(PairMatchTarget, RefusesANegativeWeight) {
  EXPECT_NE(faults_of("target", "pair_match: {weight: -1}").find("weight"), std::string::npos);
}

}  // namespace tpretrain::testing
