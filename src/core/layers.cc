#include "tpretrain/core/layers.h"

#include "tpretrain/ops/ops.h"

namespace tpretrain {

LinearLayer::LinearLayer(Build parent, const std::string& name, int64_t in, int64_t out,
                         bool with_bias, double deviation) {
  Build own = parent.child(name);
  weight = own.parameter("weight", {out, in}, Init::truncated_normal(deviation));
  if (with_bias) {
    bias = own.parameter("bias", {out}, Init::zeros());
  }
}

at::Tensor LinearLayer::operator()(const at::Tensor& x) const {
  return ops::linear(x, *weight, bias.tensor());
}

at::Tensor LinearLayer::product(const at::Tensor& x) const {
  return ops::linear(x, *weight, at::Tensor());
}

NormLayer::NormLayer(Build parent, const std::string& name, int64_t width, const NormConfig& config)
    : config(config) {
  if (!config) {
    return;
  }
  Build own = parent.child(name);
  weight = own.parameter("weight", {width}, Init::ones());
  if (config.has_bias()) {
    bias = own.parameter("bias", {width}, Init::zeros());
  }
}

at::Tensor NormLayer::operator()(const at::Tensor& x) const {
  return config ? ops::norm(x, *weight, bias.tensor(), config.kind, config.eps) : x;
}

}  // namespace tpretrain
