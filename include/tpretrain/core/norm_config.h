/// The fixed choice `norm:` of recipes: `none`, `layer`, `rms`, or with a config `{layer: {eps:
/// 1e-12}}`.
#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/ops/types.h"

namespace tpretrain {

struct NormConfig {
  ops::NormKind kind = ops::NormKind::kNone;
  double eps = 1e-5;  ///< added to the variance (layer) or mean square (rms)

  static NormConfig layer(double eps = 1e-5) { return {ops::NormKind::kLayer, eps}; }

  explicit operator bool() const noexcept { return kind != ops::NormKind::kNone; }

  /// LayerNorm has a bias, RMSNorm has none.
  bool has_bias() const noexcept { return kind == ops::NormKind::kLayer; }
};

/// Reads a norm as recipes write it; faults are added.
NormConfig read_norm(const Node& node, const std::string& path, Faults& faults);
Node write_norm(const NormConfig& norm);

/// Describes a field of type NormConfig.
void norm_field(ConfigVisitor& visitor, const char* name, NormConfig& value, const char* doc);

}  // namespace tpretrain
