// Learning-rate schedules: pure functions of the step. Step 0 is the first update.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "train/optimizers.h"

namespace tpretrain {
namespace {

const std::vector<std::string> kSpans = {"steps", "epochs", "%"};

/// Steps of "10k steps", "1 epochs" or "10 %" (of the run).
double span_steps(const Quantity& span, const ScheduleContext& context) {
  if (span.unit == "%") {
    return std::floor(span.value / 100.0 * static_cast<double>(context.total));
  }
  return span.unit == "epochs" ? std::floor(span.value * static_cast<double>(context.epoch))
                               : span.value;
}

struct WarmupConfig {
  Quantity warmup;

  void describe(ConfigVisitor& v) {
    v.field("warmup", warmup, "Steps over which the rate rises from 0 to its peak.", kSpans,
            {.min = 0, .max = 1e12});
  }
};

/// Rises linearly and reaches 1 at step `warmup`; then `after` decides.
class WarmupSchedule : public Schedule {
 public:
  WarmupSchedule(const Quantity& warmup, const ScheduleContext& context)
      : warmup_(span_steps(warmup, context)), total_(static_cast<double>(context.total)) {}

  double factor(int64_t step) const override {
    const auto now = static_cast<double>(step + 1);
    return now < warmup_ ? now / warmup_ : after(static_cast<double>(step));
  }

 protected:
  virtual double after(double step) const = 0;

  /// Share of the way from the end of the warm-up to the end of the run, in [0, 1].
  double progress(double step) const {
    const double length = std::max(1.0, total_ - warmup_);
    return std::clamp((step - warmup_) / length, 0.0, 1.0);
  }

  double warmup_;
  double total_;
};

class Constant : public WarmupSchedule {
 public:
  Constant(const WarmupConfig& config, const ScheduleContext& context)
      : WarmupSchedule(config.warmup, context) {}

 protected:
  double after(double) const override { return 1; }
};

struct DecayConfig : WarmupConfig {
  double floor = 0;

  void describe(ConfigVisitor& v) {
    WarmupConfig::describe(v);
    v.field("floor", floor, "Share of the peak that is left at the end.", {.min = 0, .max = 1});
  }
};

class Linear : public WarmupSchedule {
 public:
  Linear(const DecayConfig& config, const ScheduleContext& context)
      : WarmupSchedule(config.warmup, context), floor_(config.floor) {}

 protected:
  double after(double step) const override { return floor_ + (1 - floor_) * (1 - progress(step)); }

 private:
  double floor_;
};

class Cosine : public WarmupSchedule {
 public:
  Cosine(const DecayConfig& config, const ScheduleContext& context)
      : WarmupSchedule(config.warmup, context), floor_(config.floor) {}

 protected:
  double after(double step) const override {
    return floor_ + (1 - floor_) * 0.5 * (1 + std::cos(std::numbers::pi * progress(step)));
  }

 private:
  double floor_;
};

/// sqrt(warmup / step) after the warm-up (Vaswani et al. 2017).
class InverseSqrt : public WarmupSchedule {
 public:
  InverseSqrt(const WarmupConfig& config, const ScheduleContext& context)
      : WarmupSchedule(config.warmup, context) {}

 protected:
  double after(double step) const override {
    return std::sqrt(std::max(1.0, warmup_) / std::max({1.0, warmup_, step + 1}));
  }
};

enum class DecayShape { kLinear, kCosine, kSqrt };

struct WsdConfig : DecayConfig {
  Quantity decay{20, "%"};
  DecayShape shape = DecayShape::kLinear;

  void describe(ConfigVisitor& v) {
    DecayConfig::describe(v);
    v.field("decay", decay, "Length of the final decay.", kSpans, {.min = 0, .max = 1e12});
    v.choice("shape", shape, "Form of the decay.", {"linear", "cosine", "sqrt"});
  }
};

/// Warm-up, stable, decay (Hu et al. 2024).
class Wsd : public WarmupSchedule {
 public:
  Wsd(const WsdConfig& config, const ScheduleContext& context)
      : WarmupSchedule(config.warmup, context),
        floor_(config.floor),
        decay_(std::max(1.0, span_steps(config.decay, context))),
        shape_(config.shape) {}

 protected:
  double after(double step) const override {
    const double share = std::clamp((step - (total_ - decay_)) / decay_, 0.0, 1.0);
    return floor_ + (1 - floor_) * left(share);
  }

 private:
  double left(double share) const {
    switch (shape_) {
      case DecayShape::kCosine:
        return 0.5 * (1 + std::cos(std::numbers::pi * share));
      case DecayShape::kSqrt:
        return 1 - std::sqrt(share);
      case DecayShape::kLinear:
        break;
    }
    return 1 - share;
  }

  double floor_;
  double decay_;
  DecayShape shape_;
};

}  // namespace

void register_schedules(Registry& registry) {
  registry.add<Schedule, Constant, WarmupConfig>(
      {.name = "constant", .summary = "The peak rate after a linear warm-up."});
  registry.add<Schedule, Linear, DecayConfig>(
      {.name = "linear", .summary = "Linear warm-up, then linear decay to the end of the run."});
  registry.add<Schedule, Cosine, DecayConfig>(
      {.name = "cosine",
       .summary = "Linear warm-up, then half a cosine to the end of the run.",
       .paper = "https://arxiv.org/abs/1608.03983"});
  registry.add<Schedule, InverseSqrt, WarmupConfig>(
      {.name = "inverse_sqrt",
       .summary = "Linear warm-up, then decay with the root of the step.",
       .paper = "https://arxiv.org/abs/1706.03762"});
  registry.add<Schedule, Wsd, WsdConfig>({.name = "wsd",
                                          .summary = "Warm-up, stable, decay.",
                                          .paper = "https://arxiv.org/abs/2404.06395"});
}

}  // namespace tpretrain
