#include <ATen/ops/layer_norm.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

TEST(MeanPool, AveragesTheTokensOfEverySequence) {
  const auto pool = build<Pool>("mean");
  const Sequence sequence = random_sequence(text_batch({3, 1, 2}), 8);
  const at::Tensor y = pool->forward(sequence, {});
  expect_near(y[0], sequence.x.slice(0, 0, 3).mean(0));
  expect_near(y[1], sequence.x[3]);
  expect_near(y[2], sequence.x.slice(0, 4, 6).mean(0));
}

TEST(MeanPool, LeavesOutWhatStandsBeforeTheContent) {
  Sequence sequence = random_sequence(text_batch({3, 2}), 8);
  sequence.layout.prefix = 1;
  const at::Tensor content = build<Pool>("mean")->forward(sequence, {});
  expect_near(content[0], sequence.x.slice(0, 1, 3).mean(0));
  expect_near(content[1], sequence.x[4]);
  const at::Tensor all = build<Pool>("mean: {tokens: all}")->forward(sequence, {});
  expect_near(all[1], sequence.x.slice(0, 3, 5).mean(0));
}

TEST(MeanPool, NormComesAfterTheMean) {
  const auto pool = build<Pool>("mean: {norm: {layer: {eps: 1e-3}}}");
  const Sequence sequence = random_sequence(text_batch({4}), 8);
  auto p = pool->named_parameters();
  expect_near(pool->forward(sequence, {}), at::layer_norm(sequence.x.mean(0, true), {8},
                                                          p["norm.weight"], p["norm.bias"], 1e-3));
}

TEST(MeanPool, GradientMatchesFiniteDifferences) {
  const auto pool = build<Pool>("mean: {norm: layer}");
  Sequence sequence = random_sequence(text_batch({4, 2, 3}), 8);
  sequence.layout.prefix = 1;
  sequence.x.requires_grad_();
  auto leaves = leaves_of(*pool);
  leaves.emplace_back("x", sequence.x);
  expect_gradients([&] { return weighted_sum(pool->forward(sequence, {})); }, leaves);
}

TEST(MeanPool, NamesTheKnownChoices) {
  EXPECT_NE(faults_of("pool", "mean: {tokens: some}").find("content"), std::string::npos);
}

}  // namespace tpretrain::testing
