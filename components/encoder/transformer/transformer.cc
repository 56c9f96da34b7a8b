#include "components/encoder/transformer/transformer.h"

#include <algorithm>

#include "tpretrain/base/error.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void TransformerConfig::describe(ConfigVisitor& v) {
  const Range probability{.min = 0, .max = 1, .open_max = true};
  v.field("layers", layers, "Number of layers.", {.min = 1, .max = 1024});
  v.field("hidden", hidden, "Width of the hidden states.", {.min = 1, .max = 1 << 20});
  v.field("heads", heads, "Attention heads; they divide `hidden`.", {.min = 1, .max = 1 << 16});
  v.field("ffn", ffn, "Width inside the feed-forward part; 0: 4 x hidden.",
          {.min = 0, .max = 1 << 22});
  v.choice("order", order, "Norm after the residual sum, or before each half layer.",
           {"post", "pre"});
  norm_field(v, "norm", norm, "Normalisation: layer, rms or none.");
  v.field("norm_input", norm_input, "A norm before the first layer.");
  v.field("norm_output", norm_output,
          "A norm after the last layer of a pre-norm stack; default: yes.");
  v.choice("activation", activation, "Activation of the feed-forward part.",
           ops::activation_names());
  v.field("gated", gated, "Gated feed-forward part: act(a) * b.");
  v.field("bias", bias, "Biases of the linear maps.");
  v.field("causal", causal, "A token attends to itself and earlier tokens only.");
  v.field("dropout", dropout, "Drop probability of each half layer's output.", probability);
  v.field("attention_dropout", attention_dropout,
          "Drop probability of attention weights; default: `dropout`.", probability);
  v.field("activation_dropout", activation_dropout,
          "Drop probability inside the feed-forward part.", probability);
  v.field("init", init, "Standard deviation of the initial weights.", {.min = 0});
  v.check(heads > 0 && hidden % heads == 0, "`heads` must divide `hidden`, but " +
                                                std::to_string(hidden) + " / " +
                                                std::to_string(heads) + " leaves a remainder");
  v.check(order == Order::kPre || !norm_output.value_or(false),
          "`norm_output` is for `order: pre`; a post-norm stack already ends in a norm");
}

TransformerEncoder::TransformerEncoder(const TransformerConfig& config, const Build& build)
    : config_(config) {
  if (config_.ffn == 0) {
    config_.ffn = 4 * config_.hidden;
  }
  Build own = build.on(*this);
  if (config_.norm_input) {
    input_norm_ = NormLayer(own, "norm_input", config_.hidden, config_.norm);
  }
  for (int64_t i = 0; i < config_.layers; ++i) {
    layers_.push_back(make_layer(own.child("layers", i)));
  }
  if (pre() && config_.norm_output.value_or(true)) {
    output_norm_ = NormLayer(own, "norm", config_.hidden, config_.norm);
  }
}

TransformerEncoder::Layer TransformerEncoder::make_layer(Build build) const {
  const TransformerConfig& c = config_;
  Build attention = build.child("attention");
  Build ffn = build.child("ffn");
  const int64_t inner = c.gated ? 2 * c.ffn : c.ffn;
  Layer layer;
  layer.qkv = LinearLayer(attention, "qkv", c.hidden, 3 * c.hidden, c.bias, c.init);
  layer.attention_output = LinearLayer(attention, "output", c.hidden, c.hidden, c.bias, c.init);
  layer.attention_norm = NormLayer(attention, "norm", c.hidden, c.norm);
  layer.ffn_input = LinearLayer(ffn, "input", c.hidden, inner, c.bias, c.init);
  layer.ffn_output = LinearLayer(ffn, "output", c.ffn, c.hidden, c.bias, c.init);
  layer.ffn_norm = NormLayer(ffn, "norm", c.hidden, c.norm);
  layer.probabilities_site = attention.site("probabilities");
  layer.attention_site = attention.site("output");
  layer.activation_site = ffn.site("activation");
  layer.ffn_site = ffn.site("output");
  return layer;
}

void TransformerEncoder::check_range(int64_t first, int64_t last) const {
  if (first < 0 || first >= last || last > layers()) {
    throw ConfigError("encoder 'transformer' has layers [0, " + std::to_string(layers()) +
                      "), but a pass asks for [" + std::to_string(first) + ", " +
                      std::to_string(last) + ")");
  }
}

TransformerEncoder::Stream TransformerEncoder::enter(const at::Tensor& x, int64_t first) const {
  const at::Tensor residual = first == 0 ? input_norm_(x) : x;
  return {pre() ? layers_[first].attention_norm(residual) : residual, residual};
}

at::Tensor TransformerEncoder::attend(const Layer& layer, const at::Tensor& x, const Layout& layout,
                                      const Call& call) const {
  ops::AttentionOptions options;
  options.heads = config_.heads;
  options.causal = config_.causal;
  options.dropout =
      call.dropout(layer.probabilities_site, config_.attention_dropout.value_or(config_.dropout));
  return layer.attention_output.product(ops::self_attention(
      layer.qkv(x), layout.offsets, layout.max_length, options, layout.token_key));
}

at::Tensor TransformerEncoder::feed_forward(const Layer& layer, const at::Tensor& x,
                                            const Layout& layout, const Call& call) const {
  at::Tensor inner = layer.ffn_input.product(x);
  inner = config_.gated
              ? ops::gated_activation(inner, layer.ffn_input.bias.tensor(), config_.activation)
              : ops::bias_activation(inner, layer.ffn_input.bias.tensor(), config_.activation);
  const ops::Dropout dropout = call.dropout(layer.activation_site, config_.activation_dropout);
  if (dropout.p > 0) {
    inner = ops::dropout(inner, dropout, layout.token_key);
  }
  return layer.ffn_output.product(inner);
}

TransformerEncoder::Stream TransformerEncoder::join(const Stream& stream, const at::Tensor& branch,
                                                    const Parameter& bias, const NormLayer& norm,
                                                    ops::Dropout dropout,
                                                    const Layout& layout) const {
  const auto [y, sum] = ops::dropout_residual_norm(
      branch, bias.tensor(), stream.residual, norm.weight.tensor(), norm.bias.tensor(),
      norm.config.kind, norm.config.eps, dropout, layout.token_key);
  return {y, pre() ? sum : y};
}

/// In pre-norm order the norm of the next half layer is fused into this one's residual sum.
const NormLayer& TransformerEncoder::norm_after(int64_t layer, int64_t last) const {
  if (!pre()) {
    return layers_[layer].ffn_norm;
  }
  if (layer + 1 < last) {
    return layers_[layer + 1].attention_norm;
  }
  return last == layers() ? output_norm_ : no_norm_;
}

Sequence TransformerEncoder::forward(Sequence sequence, const Call& call) {
  const int64_t last = call.last_layer < 0 ? layers() : call.last_layer;
  check_range(call.first_layer, last);
  const Layout& layout = sequence.layout;
  Stream stream = enter(sequence.x, call.first_layer);
  const auto keep = [&](int64_t applied) {
    if (std::find(call.keep.begin(), call.keep.end(), applied) != call.keep.end()) {
      sequence.layers[applied] = stream.residual;
    }
  };
  for (int64_t i = call.first_layer; i < last; ++i) {
    keep(i);
    const Layer& layer = layers_[i];
    stream = join(stream, attend(layer, stream.x, layout, call), layer.attention_output.bias,
                  pre() ? layer.ffn_norm : layer.attention_norm,
                  call.dropout(layer.attention_site, config_.dropout), layout);
    stream = join(stream, feed_forward(layer, stream.x, layout, call), layer.ffn_output.bias,
                  norm_after(i, last), call.dropout(layer.ffn_site, config_.dropout), layout);
  }
  keep(last);
  sequence.x = stream.x;
  return sequence;
}

void register_encoder_transformer(Registry& registry) {
  registry.add<Encoder, TransformerEncoder, TransformerConfig>(
      {"transformer",
       "Self-attention and feed-forward layers, post- or pre-norm, full or causal.",
       "https://arxiv.org/abs/1706.03762",
       {},
       {"linear", "norm", "self_attention", "bias_activation", "gated_activation", "dropout",
        "dropout_residual_norm"}});
}

}  // namespace tpretrain
