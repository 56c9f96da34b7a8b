#include <ATen/ops/layer_norm.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

TEST(LastPool, TakesTheLastTokenOfEverySequence) {
  const auto pool = build<Pool>("last");
  const Sequence sequence = random_sequence(text_batch({3, 1, 2}), 8);
  const at::Tensor y = pool->forward(sequence, {});
  EXPECT_TRUE(same_bits(y[0], sequence.x[2]));
  EXPECT_TRUE(same_bits(y[1], sequence.x[3]));
  EXPECT_TRUE(same_bits(y[2], sequence.x[5]));
}

TEST(LastPool, NormsTheRowAsAFinalNormWould) {
  const auto pool = build<Pool>("last: {norm: {layer: {eps: 1e-3}}}");
  const Sequence sequence = random_sequence(text_batch({2, 3}), 8);
  auto p = pool->named_parameters();
  const at::Tensor normed = at::layer_norm(sequence.x, {8}, p["norm.weight"], p["norm.bias"], 1e-3);
  expect_near(pool->forward(sequence, {}), normed.index_select(0, int_tensor({1, 4})));
}

TEST(LastPool, GradientMatchesFiniteDifferences) {
  const auto pool = build<Pool>("last: {norm: layer}");
  Sequence sequence = random_sequence(text_batch({4, 1, 3}), 8);
  sequence.x.requires_grad_();
  auto leaves = leaves_of(*pool);
  leaves.emplace_back("x", sequence.x);
  expect_gradients([&] { return weighted_sum(pool->forward(sequence, {})); }, leaves);
}

}  // namespace tpretrain::testing
