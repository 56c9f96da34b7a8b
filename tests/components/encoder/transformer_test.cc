#include <set>

#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <torch/csrc/autograd/function.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

namespace transformer_test {

using Parameters = std::map<std::string, at::Tensor>;

/// Draws every parameter, biases and norms too, so that none of them is neutral.
std::shared_ptr<Encoder> randomised(const std::string& yaml) {
  auto encoder = build<Encoder>(yaml);
  uint64_t seed = 100;
  for (auto& entry : encoder->named_parameters()) {
    entry.value().data().copy_(0.4 * random_values(entry.value().sizes(), ++seed));
  }
  return encoder;
}

Parameters parameters_of(const Encoder& encoder) {
  Parameters parameters;
  for (const auto& entry : encoder.named_parameters()) {
    parameters[entry.key()] = entry.value().detach();
  }
  return parameters;
}

at::Tensor find(const Parameters& p, const std::string& name) {
  const auto found = p.find(name);
  return found == p.end() ? at::Tensor() : found->second;
}

at::Tensor linear(const Parameters& p, const std::string& name, const at::Tensor& x) {
  const at::Tensor y = at::matmul(x, p.at(name + ".weight").t());
  const at::Tensor bias = find(p, name + ".bias");
  return bias.defined() ? y + bias : y;
}

struct Variant {
  bool pre = false;
  bool rms = false;
  bool causal = false;
  bool gated = false;
  bool final_norm = false;
  int64_t heads = 2;
};

at::Tensor norm(const Parameters& p, const Variant& v, const std::string& name,
                const at::Tensor& x) {
  const std::vector<int64_t> shape = {x.size(1)};
  return v.rms ? at::rms_norm(x, shape, p.at(name + ".weight"), 1e-5)
               : at::layer_norm(x, shape, p.at(name + ".weight"), p.at(name + ".bias"), 1e-5);
}

/// One sequence, written with plain matrix products: softmax(q k^T / sqrt(d)) v for each head.
at::Tensor attention(const Parameters& p, const Variant& v, const std::string& name,
                     const at::Tensor& x) {
  const int64_t width = x.size(1);
  const int64_t head = width / v.heads;
  const at::Tensor qkv = linear(p, name + ".qkv", x);
  std::vector<at::Tensor> out;
  for (int64_t h = 0; h < v.heads; ++h) {
    const auto part = [&](int64_t which) {
      return qkv.slice(1, which * width + h * head, which * width + (h + 1) * head);
    };
    at::Tensor scores = at::matmul(part(0), part(1).t()) / std::sqrt(static_cast<double>(head));
    if (v.causal) {
      scores = scores + at::full_like(scores, -1e30).triu(1);
    }
    out.push_back(at::matmul(at::softmax(scores, 1), part(2)));
  }
  return linear(p, name + ".output", at::cat(out, 1));
}

at::Tensor feed_forward(const Parameters& p, const Variant& v, const std::string& name,
                        const at::Tensor& x) {
  at::Tensor inner = linear(p, name + ".input", x);
  if (v.gated) {
    const int64_t half = inner.size(1) / 2;
    inner = at::silu(inner.slice(1, 0, half)) * inner.slice(1, half);
  } else {
    inner = at::gelu(inner);
  }
  return linear(p, name + ".output", inner);
}

at::Tensor reference(const Parameters& p, const Variant& v, int64_t layers, at::Tensor x) {
  for (int64_t i = 0; i < layers; ++i) {
    const std::string layer = "layers." + std::to_string(i) + ".";
    if (v.pre) {
      x = x + attention(p, v, layer + "attention", norm(p, v, layer + "attention.norm", x));
      x = x + feed_forward(p, v, layer + "ffn", norm(p, v, layer + "ffn.norm", x));
    } else {
      x = norm(p, v, layer + "attention.norm", x + attention(p, v, layer + "attention", x));
      x = norm(p, v, layer + "ffn.norm", x + feed_forward(p, v, layer + "ffn", x));
    }
  }
  return v.final_norm ? norm(p, v, "norm", x) : x;
}

/// Runs the reference on every sequence alone.
at::Tensor reference_of_batch(const Encoder& encoder, const Variant& v, int64_t layers,
                              const Sequence& sequence) {
  const Parameters p = parameters_of(encoder);
  std::vector<at::Tensor> parts;
  for (int64_t s = 0; s < sequence.layout.sequences(); ++s) {
    const auto begin = sequence.layout.offsets[s].item<int64_t>();
    const auto end = sequence.layout.offsets[s + 1].item<int64_t>();
    parts.push_back(reference(p, v, layers, sequence.x.slice(0, begin, end)));
  }
  return at::cat(parts, 0);
}

void expect_reference(const std::string& yaml, const Variant& v) {
  const auto encoder = randomised(yaml);
  const Sequence sequence = random_sequence(text_batch({5, 1, 7, 3}), 8);
  expect_near(encoder->forward(sequence, {}).x,
              reference_of_batch(*encoder, v, encoder->layers(), sequence));
}

/// Nodes behind a tensor, AccumulateGrad aside.
int64_t nodes_behind(const at::Tensor& y) {
  std::set<torch::autograd::Node*> seen;
  std::vector<torch::autograd::Node*> open = {y.grad_fn().get()};
  int64_t nodes = 0;
  while (!open.empty()) {
    torch::autograd::Node* node = open.back();
    open.pop_back();
    if (node == nullptr || !seen.insert(node).second) {
      continue;
    }
    nodes += node->name().find("AccumulateGrad") == std::string::npos ? 1 : 0;
    for (const auto& edge : node->next_edges()) {
      open.push_back(edge.function.get());
    }
  }
  return nodes;
}

int64_t nodes_per_layer(const std::string& options) {
  const auto count = [&](int64_t layers) {
    const auto encoder = build<Encoder>(
        "transformer: {hidden: 8, heads: 2, layers: " + std::to_string(layers) + options + "}");
    Sequence sequence = random_sequence(text_batch({5, 2}), 8);
    sequence.x.requires_grad_();
    return nodes_behind(encoder->forward(sequence, training_call()).x);
  };
  return count(4) - count(3);
}

constexpr const char* kSmall = "transformer: {layers: 3, hidden: 8, heads: 2, ffn: 12, dropout: 0";

std::string small(const std::string& options = "") {
  return kSmall + options + "}";
}

}  // namespace transformer_test

using transformer_test::expect_reference;
using transformer_test::randomised;
using transformer_test::small;

TEST(TransformerEncoder, HandComputedLayerWithoutNorm) {
  // One head of size 2, no norm, zero queries and keys: attention is the mean of the values, which
  // are the inputs; the feed-forward part is relu(x - 1) of the first column, added to the second.
  const auto encoder = build<Encoder>(
      "transformer: {layers: 1, hidden: 2, heads: 1, ffn: 1, norm: none, activation: relu}");
  auto p = encoder->named_parameters();
  for (auto& entry : p) {
    entry.value().data().zero_();
  }
  p["layers.0.attention.qkv.weight"].data()[4][0] = 1;
  p["layers.0.attention.qkv.weight"].data()[5][1] = 1;
  p["layers.0.attention.output.weight"].data()[0][0] = 1;
  p["layers.0.attention.output.weight"].data()[1][1] = 1;
  p["layers.0.attention.output.bias"].data()[1] = 10;
  p["layers.0.ffn.input.weight"].data()[0][0] = 1;
  p["layers.0.ffn.input.bias"].data()[0] = -1;
  p["layers.0.ffn.output.weight"].data()[1][0] = 1;
  Sequence sequence = random_sequence(text_batch({2, 1}), 2);
  sequence.x = at::tensor(std::vector<double>{1, 2, 3, 4, -5, 6}, at::kDouble).view({3, 2});
  // Sequence 1: mean of the values (2, 3); x + mean + (0, 10) = (3, 15), (5, 17); relu 2 and 4.
  // Sequence 2: (-10, 22); relu 0.
  const at::Tensor expected =
      at::tensor(std::vector<double>{3, 17, 5, 21, -10, 22}, at::kDouble).view({3, 2});
  expect_near(encoder->forward(sequence, {}).x, expected);
}

TEST(TransformerEncoder, PostNormMatchesPlainMatrixProducts) {
  expect_reference(small(), {});
}

TEST(TransformerEncoder, PreNormMatchesPlainMatrixProducts) {
  expect_reference(small(", order: pre"), {.pre = true, .final_norm = true});
}

TEST(TransformerEncoder, PreNormWithoutAFinalNorm) {
  expect_reference(small(", order: pre, norm_output: false"), {.pre = true});
}

TEST(TransformerEncoder, CausalAttentionSeesNoLaterToken) {
  expect_reference(small(", causal: true"), {.causal = true});
}

TEST(TransformerEncoder, GatedFeedForwardWithRmsNormAndNoBias) {
  expect_reference(
      small(", order: pre, gated: true, activation: silu, norm: {rms: {eps: 1e-5}}, bias: false"),
      {.pre = true, .rms = true, .gated = true, .final_norm = true});
}

TEST(TransformerEncoder, NormInputComesBeforeTheFirstLayer) {
  const auto encoder = randomised(small(", order: pre, norm_input: true, norm_output: false"));
  const auto p = transformer_test::parameters_of(*encoder);
  Sequence sequence = random_sequence(text_batch({4, 3}), 8);
  Sequence normed = sequence;
  normed.x = transformer_test::norm(p, {}, "norm_input", sequence.x);
  expect_near(encoder->forward(sequence, {}).x,
              transformer_test::reference_of_batch(*encoder, {.pre = true}, 3, normed));
}

TEST(TransformerEncoder, KeepsSequencesApart) {
  const auto encoder = randomised(small());
  Sequence sequence = random_sequence(text_batch({4, 3}), 8);
  const at::Tensor before = encoder->forward(sequence, {}).x;
  sequence.x = sequence.x.clone();
  sequence.x[0].fill_(9);
  const at::Tensor after = encoder->forward(sequence, {}).x;
  EXPECT_FALSE(same_bits(before.slice(0, 0, 4), after.slice(0, 0, 4)));
  EXPECT_TRUE(same_bits(before.slice(0, 4), after.slice(0, 4)));
}

TEST(TransformerEncoder, NamesItsParameters) {
  const auto encoder =
      build<Encoder>("transformer: {layers: 1, hidden: 8, heads: 2, order: pre, norm_input: true}");
  EXPECT_EQ(
      parameter_list(*encoder),
      (std::vector<std::string>{
          "norm_input.weight [8]", "norm_input.bias [8]", "layers.0.attention.qkv.weight [24, 8]",
          "layers.0.attention.qkv.bias [24]", "layers.0.attention.output.weight [8, 8]",
          "layers.0.attention.output.bias [8]", "layers.0.attention.norm.weight [8]",
          "layers.0.attention.norm.bias [8]", "layers.0.ffn.input.weight [32, 8]",
          "layers.0.ffn.input.bias [32]", "layers.0.ffn.output.weight [8, 32]",
          "layers.0.ffn.output.bias [8]", "layers.0.ffn.norm.weight [8]",
          "layers.0.ffn.norm.bias [8]", "norm.weight [8]", "norm.bias [8]"}));
}

TEST(TransformerEncoder, GatedInputHasTwoHalves) {
  const auto encoder = build<Encoder>(small(", gated: true, bias: false, norm: rms"));
  const auto names = parameter_list(*encoder);
  EXPECT_EQ(names.at(0), "layers.0.attention.qkv.weight [24, 8]");
  EXPECT_EQ(names.at(3), "layers.0.ffn.input.weight [24, 8]");
  EXPECT_EQ(names.at(4), "layers.0.ffn.output.weight [8, 12]");
}

TEST(TransformerEncoder, RangesOfLayersChain) {
  for (const std::string order : {"pre", "post"}) {
    const auto encoder = randomised(small(", norm_input: true, order: " + order));
    const Sequence sequence = random_sequence(text_batch({5, 2}), 8);
    Call front;
    front.last_layer = 2;
    Call back;
    back.first_layer = 2;
    const Sequence half = encoder->forward(sequence, front);
    expect_near(encoder->forward(half, back).x, encoder->forward(sequence, {}).x, 1e-13);
  }
}

TEST(TransformerEncoder, KeptStatesAreTheResidualStream) {
  for (const std::string order : {"pre", "post"}) {
    const auto encoder = randomised(small(", order: " + order));
    const Sequence sequence = random_sequence(text_batch({5, 2}), 8);
    Call call;
    call.keep = {2, 3};
    const Sequence whole = encoder->forward(sequence, call);
    ASSERT_EQ(whole.layers.size(), 2U);
    Call front;
    front.last_layer = 2;
    expect_near(whole.layers.at(2), encoder->forward(sequence, front).x, 1e-13);
    EXPECT_EQ(same_bits(whole.layers.at(3), whole.x), order == "post");
  }
}

TEST(TransformerEncoder, TakesAtMostTenNodesALayer) {
  using transformer_test::nodes_per_layer;
  EXPECT_EQ(nodes_per_layer(", order: post"), 8);
  EXPECT_EQ(nodes_per_layer(", order: pre"), 8);
  EXPECT_EQ(nodes_per_layer(", order: pre, gated: true, norm: rms, bias: false"), 8);
  EXPECT_LE(nodes_per_layer(", activation_dropout: 0.1"), 10);
}

TEST(TransformerEncoder, DropsEachSiteOnItsOwnAndOnlyInTraining) {
  const Sequence sequence = random_sequence(text_batch({6, 4}), 8);
  const std::string fixed = "transformer: {layers: 1, hidden: 8, heads: 2, ";
  const at::Tensor plain =
      build<Encoder>(fixed + "dropout: 0}")->forward(sequence, training_call()).x;
  for (const std::string options :
       {"dropout: 0.5, attention_dropout: 0}", "dropout: 0, attention_dropout: 0.5}",
        "dropout: 0, activation_dropout: 0.5}"}) {
    const auto encoder = build<Encoder>(fixed + options);
    const at::Tensor dropped = encoder->forward(sequence, training_call()).x;
    EXPECT_FALSE(same_bits(dropped, plain)) << options;
    EXPECT_TRUE(same_bits(dropped, encoder->forward(sequence, training_call()).x)) << options;
    EXPECT_FALSE(same_bits(dropped, encoder->forward(sequence, training_call(6)).x)) << options;
    EXPECT_TRUE(same_bits(encoder->forward(sequence, {}).x, plain)) << options;
  }
}

TEST(TransformerEncoder, AttentionDropoutFollowsDropoutUnlessStated) {
  const Sequence sequence = random_sequence(text_batch({6, 4}), 8);
  const std::string fixed = "transformer: {layers: 1, hidden: 8, heads: 2, dropout: 0.3";
  const at::Tensor both = build<Encoder>(fixed + "}")->forward(sequence, training_call()).x;
  const at::Tensor stated =
      build<Encoder>(fixed + ", attention_dropout: 0.3}")->forward(sequence, training_call()).x;
  const at::Tensor none =
      build<Encoder>(fixed + ", attention_dropout: 0}")->forward(sequence, training_call()).x;
  EXPECT_TRUE(same_bits(both, stated));
  EXPECT_FALSE(same_bits(both, none));
}

TEST(TransformerEncoder, GradientMatchesFiniteDifferences) {
  for (const std::string options :
       {"order: post, activation: gelu_tanh", "order: pre, norm_input: true, activation: gelu",
        "order: pre, gated: true, activation: silu, norm: rms, bias: false, causal: true"}) {
    const auto encoder = randomised(
        "transformer: {layers: 2, hidden: 4, heads: 2, ffn: 3, dropout: 0.2, "
        "activation_dropout: 0.2, " +
        options + "}");
    Sequence sequence = random_sequence(text_batch({5, 1, 3}), 4);
    sequence.x.requires_grad_();
    auto leaves = leaves_of(*encoder);
    leaves.emplace_back("x", sequence.x);
    expect_gradients([&] { return weighted_sum(encoder->forward(sequence, training_call()).x); },
                     leaves);
  }
}

TEST(TransformerEncoder, RefusesHeadsThatDoNotDivide) {
  const std::string faults = faults_of("encoder", "transformer: {hidden: 768, heads: 7}");
  EXPECT_NE(faults.find("`heads` must divide `hidden`, but 768 / 7"), std::string::npos) << faults;
}

TEST(TransformerEncoder, RefusesAnOutputNormAfterPostNorm) {
  const std::string faults = faults_of("encoder", "transformer: {order: post, norm_output: true}");
  EXPECT_NE(faults.find("`norm_output` is for `order: pre`"), std::string::npos) << faults;
  EXPECT_EQ(faults_of("encoder", "transformer: {order: post, norm_output: false}"), "");
}

TEST(TransformerEncoder, NamesTheNearestKey) {
  const std::string faults = faults_of("encoder", "transformer: {hiden: 8}");
  EXPECT_NE(faults.find("did you mean 'hidden'"), std::string::npos) << faults;
}

TEST(TransformerEncoder, RefusesLayersThatDoNotExist) {
  const auto encoder = build<Encoder>(small());
  const Sequence sequence = random_sequence(text_batch({2}), 8);
  for (const auto& [first, last] : {std::pair<int64_t, int64_t>{0, 4}, {3, -1}, {-1, 2}, {2, 1}}) {
    Call call;
    call.first_layer = first;
    call.last_layer = last;
    const std::string message = message_of<ConfigError>([&] { encoder->forward(sequence, call); });
    EXPECT_NE(message.find("has layers [0, 3)"), std::string::npos) << first << ", " << last;
  }
}

}  // namespace tpretrain::testing
