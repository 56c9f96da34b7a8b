#include "components/pool/attention/attention.h"

#include <cmath>

#include <ATen/TensorOperators.h>

#include "tpretrain/base/error.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

void AttentionPoolConfig::describe(ConfigVisitor& v) {
  v.field("heads", heads, "Attention heads; they divide the width.", {.min = 1, .max = 1 << 16});
  v.field("ffn", ffn, "Width inside the feed-forward part; 0: 4 x the width.",
          {.min = 0, .max = 1 << 22});
  norm_field(v, "norm", norm, "Normalisation before the feed-forward part: layer, rms or none.");
  v.choice("activation", activation, "Activation of the feed-forward part.",
           ops::activation_names());
  v.field("init", init, "Standard deviation of the initial weights.", {.min = 0});
}

AttentionPool::AttentionPool(const AttentionPoolConfig& config, const Build& build)
    : config_(config) {
  Build own = build.on(*this);
  width_ = own.infer(0, own.context().width, "width");
  if (width_ % config.heads != 0) {
    throw ConfigError(own.context().component + ": `heads` must divide the width, but " +
                      std::to_string(width_) + " / " + std::to_string(config.heads) +
                      " leaves a remainder");
  }
  const int64_t inner = config.ffn == 0 ? 4 * width_ : config.ffn;
  probe_ = own.parameter("probe", {1, width_}, Init::normal(1 / std::sqrt(double(width_))));
  query_ = LinearLayer(own, "query", width_, width_, true, config.init);
  kv_ = LinearLayer(own, "kv", width_, 2 * width_, true, config.init);
  output_ = LinearLayer(own, "output", width_, width_, true, config.init);
  norm_ = NormLayer(own, "norm", width_, config.norm);
  ffn_input_ = LinearLayer(own.child("ffn"), "input", width_, inner, true, config.init);
  ffn_output_ = LinearLayer(own.child("ffn"), "output", inner, width_, true, config.init);
}

at::Tensor AttentionPool::forward(const Sequence& sequence, const Call&) {
  const at::Tensor query = query_(*probe_).view({width_});
  const at::Tensor y =
      output_(ops::query_attention(query, kv_(sequence.x), sequence.layout.offsets, config_.heads));
  const at::Tensor inner = ops::bias_activation(ffn_input_.product(norm_(y)),
                                                ffn_input_.bias.tensor(), config_.activation);
  return y + ffn_output_(inner);
}

void register_pool_attention(Registry& registry) {
  registry.add<Pool, AttentionPool, AttentionPoolConfig>(
      {"attention",
       "One learned query attends over each sequence, then a feed-forward part.",
       "https://arxiv.org/abs/2106.04560",
       {},
       {"linear", "query_attention", "norm", "bias_activation"}});
}

}  // namespace tpretrain
