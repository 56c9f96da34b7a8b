/// Weights between a recipe's model and files of other libraries.
#pragma once

#include <string>
#include <vector>

#include "tpretrain/core/parameters.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/interop/convert.h"
#include "train/weights.h"

namespace tpretrain {

/// One slot for each segment of `buffer`, lending the memory of `flat`: `buffer.flat()`, or another
/// CPU float32 tensor of that layout, such as a copy of the gradients.
std::vector<WeightSlot> weight_slots(const ParameterBuffer& buffer, const at::Tensor& flat);

struct ImportWeightsOptions {
  fs::path from;         ///< a safetensors file, or a folder with one
  std::string library;   ///< hf, open_clip, timm
  bool partial = false;  ///< what the file lacks keeps the recipe's initial values
  fs::path output;       ///< a safetensors file, for `--weights`
};

/// Errors: NotFoundError (no file), DataError (does not fit), those of `make_model`.
ImportReport import_model(const Recipe& recipe, const Registry& registry,
                          const ImportWeightsOptions& options);

struct ExportReport {
  std::string family;
  std::vector<SafetensorsSpec> tensors;
  std::vector<fs::path> files;  ///< written
};

/// Writes weights, and a config where that library reads one, into `folder`. Errors: those of
/// `load_weights`; ConfigError for what has no place there.
ExportReport export_model(const Recipe& recipe, const Registry& registry,
                          const WeightsFrom& weights, const std::string& library,
                          const fs::path& folder);

}  // namespace tpretrain
