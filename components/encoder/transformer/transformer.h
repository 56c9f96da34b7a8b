#pragma once

#include <optional>

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"

namespace tpretrain {

struct TransformerConfig {
  enum class Order { kPost, kPre };

  int64_t layers = 12;
  int64_t hidden = 768;
  int64_t heads = 12;
  int64_t ffn = 0;
  Order order = Order::kPost;
  NormConfig norm = NormConfig::layer();
  bool norm_input = false;
  std::optional<bool> norm_output;
  ops::Activation activation = ops::Activation::kGelu;
  bool gated = false;
  bool bias = true;
  bool causal = false;
  double dropout = 0.1;
  std::optional<double> attention_dropout;
  double activation_dropout = 0;
  double init = 0.02;

  void describe(ConfigVisitor& v);
};

/// Self-attention and feed-forward layers with residuals. (Vaswani et al. 2017,
/// https://arxiv.org/abs/1706.03762; pre-norm: Xiong et al. 2020, https://arxiv.org/abs/2002.04745)
/// Shapes:  x [T, D], ragged -> [T, D]
/// Params:  layers.<i>.attention.{qkv,output,norm}, layers.<i>.ffn.{input,output,norm},
///          norm_input, norm
/// Errors:  ConfigError when a call asks for layers that do not exist
/// A state kept for Call::keep is the residual stream, never final-normed.
class TransformerEncoder : public Encoder {
 public:
  TransformerEncoder(const TransformerConfig& config, const Build& build);

  Sequence forward(Sequence sequence, const Call& call) override;

  int64_t width() const override { return config_.hidden; }

  int64_t layers() const override { return config_.layers; }

 private:
  struct Layer {
    LinearLayer qkv;
    LinearLayer attention_output;
    NormLayer attention_norm;
    LinearLayer ffn_input;
    LinearLayer ffn_output;
    NormLayer ffn_norm;
    uint64_t probabilities_site;
    uint64_t attention_site;
    uint64_t activation_site;
    uint64_t ffn_site;
  };

  /// What flows from one half layer to the next: `x` is read by the next branch, `residual` is
  /// what its result is added to. They differ in pre-norm order only.
  struct Stream {
    at::Tensor x;
    at::Tensor residual;
  };

  Layer make_layer(Build build) const;
  void check_range(int64_t first, int64_t last) const;
  Stream enter(const at::Tensor& x, int64_t first) const;
  at::Tensor attend(const Layer& layer, const at::Tensor& x, const Layout& layout,
                    const Call& call) const;
  at::Tensor feed_forward(const Layer& layer, const at::Tensor& x, const Layout& layout,
                          const Call& call) const;
  Stream join(const Stream& stream, const at::Tensor& branch, const Parameter& bias,
              const NormLayer& norm, ops::Dropout dropout, const Layout& layout) const;
  const NormLayer& norm_after(int64_t layer, int64_t last) const;

  bool pre() const { return config_.order == TransformerConfig::Order::kPre; }

  TransformerConfig config_;
  std::vector<Layer> layers_;
  NormLayer input_norm_;
  NormLayer output_norm_;
  NormLayer no_norm_;
};

}  // namespace tpretrain
