/// Groups of parameters that most components ask for together, each in a submodule of its own.
#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "tpretrain/core/build.h"
#include "tpretrain/core/norm_config.h"

namespace tpretrain {

/// `<name>.weight` [out, in] and `<name>.bias` [out].
struct LinearLayer {
  Parameter weight;
  Parameter bias;  ///< empty: none

  LinearLayer() = default;
  /// Weights from a truncated normal of `deviation`, biases 0 (Devlin et al. 2019).
  LinearLayer(Build parent, const std::string& name, int64_t in, int64_t out, bool with_bias = true,
              double deviation = 0.02);

  /// x W^T + b.  [T, in] -> [T, out]
  at::Tensor operator()(const at::Tensor& x) const;
  /// x W^T: the bias is left to the op that follows (one node and one pass less).
  at::Tensor product(const at::Tensor& x) const;
};

/// `<name>.weight` [D] and, for LayerNorm, `<name>.bias` [D]; nothing at all for `none`.
struct NormLayer {
  NormConfig config;
  Parameter weight;
  Parameter bias;

  NormLayer() = default;
  NormLayer(Build parent, const std::string& name, int64_t width, const NormConfig& config);

  /// The identity for `none`.
  at::Tensor operator()(const at::Tensor& x) const;
};

}  // namespace tpretrain
