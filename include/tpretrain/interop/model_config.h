/// Config files that other libraries read beside exported weights. Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tpretrain/base/config.h"
#include "tpretrain/base/node.h"
#include "tpretrain/interop/convert.h"

namespace tpretrain {

/// What the shapes of an encoder's parameters do not tell.
struct EncoderFacts {
  int64_t heads = 0;
  std::string activation;  ///< gelu, gelu_tanh, quick_gelu, ...
  double eps = 1e-5;       ///< of its LayerNorms
  bool pre_norm = false;   ///< `order: pre`
  bool causal = false;
  bool norm_input = false;
  Choice pool;  ///< of the first pass over it that has one, with every default; empty: none
  Choice mlm;   ///< the first target of that kind on a pass over it; empty: none
};

/// Facts of every `transformer` part, by part ("encoder", "image.encoder"), out of a recipe in the
/// full form. Errors: ConfigError for an encoder that only we have (gated, or without LayerNorm).
std::map<std::string, EncoderFacts> encoder_facts(const Node& full_recipe);

struct ModelFiles {
  std::string weights;                 ///< file name of the weights
  std::string config;                  ///< file name of the config
  std::optional<std::string> content;  ///< of the config; absent: none is written for this family
};

/// How a folder with a model of that family and library looks. A library has one epsilon for all
/// norms of a tower: that of the encoder. Errors: ConfigError that names the
/// key when a model of that kind would compute something else with these parameters, or the
/// parameter that it lacks.
ModelFiles model_files(std::string_view family, std::string_view library,
                       std::span<const WeightSlot> slots,
                       const std::map<std::string, EncoderFacts>& facts);

}  // namespace tpretrain
