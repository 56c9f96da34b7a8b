#include <ATen/ops/layer_norm.h>
#include <ATen/ops/matmul.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

namespace cls_test {

at::Tensor first_tokens(const Sequence& sequence) {
  return sequence.x.index_select(0, sequence.layout.offsets.slice(0, 0, -1));
}

}  // namespace cls_test

TEST(ClsPool, TakesTheFirstTokenOfEverySequence) {
  const auto pool = build<Pool>("cls");
  EXPECT_TRUE(pool->named_parameters().is_empty());
  EXPECT_EQ(pool->width(), 8);
  const Sequence sequence = random_sequence(text_batch({3, 1, 2}), 8);
  const at::Tensor y = pool->forward(sequence, {});
  EXPECT_TRUE(same_bits(y[0], sequence.x[0]));
  EXPECT_TRUE(same_bits(y[1], sequence.x[3]));
  EXPECT_TRUE(same_bits(y[2], sequence.x[4]));
}

TEST(ClsPool, DenseIsATanhLayer) {
  const auto pool = build<Pool>("cls: {dense: tanh}");
  EXPECT_EQ(parameter_list(*pool),
            (std::vector<std::string>{"dense.weight [8, 8]", "dense.bias [8]"}));
  auto parameters = pool->named_parameters();
  const Sequence sequence = random_sequence(text_batch({5, 1, 7}), 8);
  parameters["dense.bias"].data().fill_(0.25);
  const at::Tensor expected =
      (at::matmul(cls_test::first_tokens(sequence), parameters["dense.weight"].t()) + 0.25).tanh();
  expect_near(pool->forward(sequence, {}), expected);
}

TEST(ClsPool, NormComesBeforeTheDenseLayer) {
  const auto pool = build<Pool>("cls: {norm: {layer: {eps: 1e-3}}, dense: tanh}");
  auto parameters = pool->named_parameters();
  const Sequence sequence = random_sequence(text_batch({2, 2}), 8);
  const at::Tensor normed =
      at::layer_norm(cls_test::first_tokens(sequence), {8}, parameters["norm.weight"],
                     parameters["norm.bias"], 1e-3);
  expect_near(pool->forward(sequence, {}),
              at::matmul(normed, parameters["dense.weight"].t()).tanh());
}

TEST(ClsPool, RmsNormHasNoBias) {
  EXPECT_EQ(parameter_list(*build<Pool>("cls: {norm: rms}")),
            std::vector<std::string>{"norm.weight [8]"});
}

TEST(ClsPool, GradientMatchesFiniteDifferences) {
  const auto pool = build<Pool>("cls: {norm: layer, dense: tanh}");
  Sequence sequence = random_sequence(text_batch({5, 1, 3}), 8);
  sequence.x.requires_grad_();
  auto leaves = leaves_of(*pool);
  leaves.emplace_back("x", sequence.x);
  expect_gradients([&] { return weighted_sum(pool->forward(sequence, {})); }, leaves);
}

TEST(ClsPool, NamesTheKnownNorms) {
  const std::string faults = faults_of("pool", "cls: {norm: layr}");
  EXPECT_NE(faults.find("layer"), std::string::npos) << faults;
}

}  // namespace tpretrain::testing
