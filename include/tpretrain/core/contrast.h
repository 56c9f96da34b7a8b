/// What losses that compare samples of two passes with each other have in common.
#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tpretrain/base/config.h"
#include "tpretrain/core/batch.h"
#include "tpretrain/core/build.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/target_config.h"

namespace tpretrain {

struct ContrastConfig : TargetConfig {
  enum class Scope { kStep, kMicro };
  enum class Positives { kOwn, kPair };

  std::vector<std::string> between;
  Scope scope = Scope::kStep;
  Positives positives = Positives::kOwn;

  void describe_contrast(ConfigVisitor& v);
};

/// `scale: {init: 14.2857, max: 100}`: the factor of similarities, 1 / temperature.
struct ScaleConfig {
  double init = 14.2857;
  double min = 1;
  double max = 100;
  bool learn = true;

  void describe(ConfigVisitor& v);
};

/// Whether the passes give a feature for each sample or for each token.
enum class FeatureKind { kSample, kToken };

/// The factor as a parameter `scale` that holds its logarithm, or fixed.
class LogScale {
 public:
  LogScale() = default;
  LogScale(Build& build, const ScaleConfig& config);

  /// exp of the parameter: [] in the dtype and on the device of `like`, with gradient.
  at::Tensor value(const at::Tensor& like) const;

 private:
  double fixed_ = 1;
  Parameter log_;  ///< empty: fixed
};

/// A target whose samples are compared with each other, and by which they can be looked up.
class ContrastTarget : public Target {
 public:
  /// Errors: ConfigError when the passes give other features than `kind`, or of two widths.
  ContrastTarget(const ContrastConfig& config, const char* name, FeatureKind kind,
                 const Build& build);

  Counts count(const Batch& batch) const override;
  Coupling coupled() const override;

  std::vector<std::string> passes() const override { return config_.between; }

  FeatureKind kind() const { return kind_; }

  /// How alike each sample of `a` is to each of `b`, from the side of `a`: [A, B]. Of two outputs
  /// of its passes, in either order.
  virtual at::Tensor similarity(const PassOutput& a, const PassOutput& b) const;

 protected:
  const std::string& first() const { return config_.between[0]; }

  const std::string& second() const { return config_.between[1]; }

  /// Samples with equal values are positives of each other: [N] int64 on the device of `like`.
  at::Tensor groups(const Batch& batch, const at::Tensor& like) const;

  double weight() const { return config_.weight; }

 private:
  void check_passes(const Build& build) const;

  ContrastConfig config_;
  FeatureKind kind_;
};

}  // namespace tpretrain
