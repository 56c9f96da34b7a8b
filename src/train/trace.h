/// One batch through a model in eval mode, every tensor of interest written down: what parity with
/// other implementations is checked with.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tpretrain/core/recipe.h"
#include "train/weights.h"

namespace tpretrain {

struct TraceOptions {
  fs::path weights;  ///< safetensors; empty: the recipe's initial values
  fs::path batch;    ///< safetensors; empty: the first held-out samples of the recipe's data
  bool gradients = false;
  fs::path output;
};

struct TraceResult {
  std::map<std::string, double> losses;  ///< means by target name
  double loss = 0;                       ///< the objective: their weighted sum
  int64_t tensors = 0;                   ///< written
};

/// Writes to `output`:
///   batch.<name>   what went in (a file with these names may be given as `batch` again)
///   <pass>.hidden, .pooled, .projected, .layers.<i>
///   loss, loss.<target> (means), count.<target>
///   grad.<parameter>   with `gradients`; of the objective
/// In a batch file names stand with or without the prefix `batch.`; `ordinal` may be absent and is
/// then 0, 1, ...
TraceResult trace(const Recipe& recipe, const Registry& registry, const TraceOptions& options);

}  // namespace tpretrain
