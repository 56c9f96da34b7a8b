#include "tpretrain/core/contrast.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/full.h>

#include "tpretrain/base/error.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {
namespace {

constexpr const char* kPairId = "pair.id";

}  // namespace

void ContrastConfig::describe_contrast(ConfigVisitor& v) {
  v.field("name", name, "Name in metrics and of the parameters; default: the target's key.");
  v.field("weight", weight, "Factor of its loss.", {.min = 0});
  v.field("between", between, "The two passes whose features are compared.");
  v.require("between");
  v.choice("scope", scope, "Compares all samples of a step, or those of a micro-batch.",
           {"step", "micro"});
  v.choice("positives", positives,
           "What belongs together: a sample with itself, or all samples of equal `pair.id`.",
           {"own", "pair"});
  v.check(between.empty() || between.size() == 2,
          "`between` must name two passes, but names " + std::to_string(between.size()));
}

void ScaleConfig::describe(ConfigVisitor& v) {
  v.field("init", init, "Value at the start.", {.min = 0, .open_min = true});
  v.field("min", min, "Brought back to this after an update that went below.",
          {.min = 0, .open_min = true});
  v.field("max", max, "Brought back to this after an update that went above.",
          {.min = 0, .open_min = true});
  v.field("learn", learn, "Trained, or fixed at `init`.");
  v.check(!learn || (min <= init && init <= max), "`init` must lie between `min` and `max`");
}

LogScale::LogScale(Build& build, const ScaleConfig& config) : fixed_(config.init) {
  if (config.learn) {
    log_ = build.parameter("scale", {1}, Init::constant(std::log(config.init)),
                           {std::log(config.min), std::log(config.max)});
  }
}

at::Tensor LogScale::value(const at::Tensor& like) const {
  return log_ ? at::exp(*log_)[0] : at::full({}, fixed_, like.options().requires_grad(false));
}

ContrastTarget::ContrastTarget(const ContrastConfig& config, const char* name, FeatureKind kind,
                               const Build& build)
    : config_(config), kind_(kind) {
  set_name(config.name_or(name));
  check_passes(build);
}

Counts ContrastTarget::count(const Batch& batch) const {
  return {{name(), static_cast<double>(batch.samples())}};
}

Coupling ContrastTarget::coupled() const {
  if (config_.scope == ContrastConfig::Scope::kMicro) {
    return {};
  }
  Coupling coupling{config_.between, {}};
  if (config_.positives == ContrastConfig::Positives::kPair) {
    coupling.fields.push_back(kPairId);
  }
  return coupling;
}

at::Tensor ContrastTarget::similarity(const PassOutput& a, const PassOutput& b) const {
  return ops::linear(ops::normalize(a.features()), ops::normalize(b.features()), at::Tensor());
}

at::Tensor ContrastTarget::groups(const Batch& batch, const at::Tensor& like) const {
  if (config_.positives == ContrastConfig::Positives::kPair) {
    return batch.at(kPairId).to(like.device(), at::kLong).flatten();
  }
  return at::arange(batch.samples(), at::TensorOptions(like.device()).dtype(at::kLong));
}

void ContrastTarget::check_passes(const Build& build) const {
  const std::string& who = build.context().component;
  for (const std::string& pass : config_.between) {
    const PassInfo info = build.context().pass(pass);
    if (kind_ == FeatureKind::kSample && info.pooled == 0) {
      throw ConfigError(who + ": pass '" + pass + "' must give one feature a sample",
                        "give the pass a `pool:`");
    }
    if (kind_ == FeatureKind::kToken && (info.pooled != 0 || info.projected == 0)) {
      throw ConfigError(who + ": pass '" + pass + "' must give one feature a token",
                        "give the pass a `project:` and no `pool:`");
    }
  }
  const int64_t widths[] = {build.context().pass(first()).features(),
                            build.context().pass(second()).features()};
  if (widths[0] != widths[1]) {
    throw ConfigError(who + ": features of '" + first() + "' have width " +
                          std::to_string(widths[0]) + ", those of '" + second() + "' have width " +
                          std::to_string(widths[1]),
                      "give both passes a `project:` of the same width");
  }
}

}  // namespace tpretrain
