#include <cmath>

#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

namespace attention_pool_test {

using Parameters = torch::OrderedDict<std::string, at::Tensor>;

at::Tensor linear(Parameters& p, const std::string& name, const at::Tensor& x) {
  return at::linear(x, p[name + ".weight"], p[name + ".bias"]);
}

/// One sequence [n, 8] with two heads of four, as the paper writes it.
at::Tensor naive(Parameters& p, const at::Tensor& x) {
  const at::Tensor query = linear(p, "query", p["probe"]).view({2, 4});
  const at::Tensor kv = linear(p, "kv", x);
  std::vector<at::Tensor> heads;
  for (int64_t h = 0; h < 2; ++h) {
    const at::Tensor keys = kv.slice(1, 4 * h, 4 * h + 4);
    const at::Tensor values = kv.slice(1, 8 + 4 * h, 8 + 4 * h + 4);
    heads.push_back(at::matmul(at::softmax(at::matmul(keys, query[h]) / 2.0, 0), values));
  }
  const at::Tensor y = linear(p, "output", at::cat(heads));
  const at::Tensor normed = at::layer_norm(y, {8}, p["norm.weight"], p["norm.bias"], 1e-6);
  return y + linear(p, "ffn.output", at::gelu(linear(p, "ffn.input", normed)));
}

}  // namespace attention_pool_test

TEST(AttentionPool, IsAttentionOfOneQueryWithAFeedForwardPart) {
  const auto pool = build<Pool>("attention: {heads: 2, ffn: 12, init: 0.3}");
  auto p = pool->named_parameters();
  const Sequence sequence = random_sequence(text_batch({3, 1, 4}), 8);
  const at::Tensor y = pool->forward(sequence, {});
  int64_t begin = 0;
  for (int64_t s = 0; s < 3; ++s) {
    const int64_t length = std::vector<int64_t>{3, 1, 4}[static_cast<size_t>(s)];
    expect_near(y[s], attention_pool_test::naive(p, sequence.x.slice(0, begin, begin + length)));
    begin += length;
  }
}

TEST(AttentionPool, WidensFourfoldByDefault) {
  const auto pool = build<Pool>("attention: {heads: 4}");
  const auto names = parameter_list(*pool);
  EXPECT_NE(std::find(names.begin(), names.end(), "ffn.input.weight [32, 8]"), names.end());
}

TEST(AttentionPool, GradientMatchesFiniteDifferences) {
  const auto pool = build<Pool>("attention: {heads: 2, ffn: 6, init: 0.3}");
  Sequence sequence = random_sequence(text_batch({3, 2}), 8);
  sequence.x.requires_grad_();
  auto leaves = leaves_of(*pool);
  leaves.emplace_back("x", sequence.x);
  expect_gradients([&] { return weighted_sum(pool->forward(sequence, {})); }, leaves, 1e-5);
}

TEST(AttentionPool, RefusesHeadsThatDoNotDivideTheWidth) {
  EXPECT_NE(message_of<ConfigError>([] { build<Pool>("attention: {heads: 3}"); }).find("`heads`"),
            std::string::npos);
}

}  // namespace tpretrain::testing
