/// Small types shared by the op headers. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tpretrain::ops {

/// Counter-based dropout of one site. Kept elements are scaled by 1 / (1 - p).
/// The mask of element e of token t is a pure function of (key, token_key[t], e): design.md 7.2.
struct Dropout {
  double p = 0;     ///< 0 switches it off
  int64_t key = 0;  ///< hash64(seed, stream id), as a signed number for the op schema
};

enum class NormKind : int64_t { kNone, kLayer, kRms };

enum class Activation : int64_t { kGelu, kGeluTanh, kQuickGelu, kRelu, kSilu, kTanh, kNone };

/// Names for recipes, in enum order.
inline const std::vector<std::string>& norm_names() {
  static const std::vector<std::string> names = {"none", "layer", "rms"};
  return names;
}

inline const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names = {"gelu", "gelu_tanh", "quick_gelu", "relu",
                                                 "silu", "tanh",      "none"};
  return names;
}

}  // namespace tpretrain::ops
