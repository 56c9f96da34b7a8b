// AdamW over flat buffers: one launch updates every parameter.
#include <cmath>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "tpretrain/ops/ops.h"
#include "train/optimizers.h"

namespace tpretrain {
namespace {

struct AdamWConfig {
  double lr = 1e-4;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0.01;
  bool bias_correction = true;

  void describe(ConfigVisitor& v) {
    v.field("lr", lr, "Peak learning rate.", {.min = 0, .max = 1e6});
    v.field("betas", betas, "Decay of the first and second moment.",
            {.min = 0, .max = 1, .open_max = true});
    v.check(betas.size() == 2, "'betas' must be two numbers");
    v.field("eps", eps, "Added to the root of the second moment.", {.min = 0, .max = 1});
    v.field("weight_decay", weight_decay, "Decoupled decay, times the learning rate.",
            {.min = 0, .max = 1e3});
    v.field("bias_correction", bias_correction,
            "Divide the moments by 1 - beta^t; the first BERT code did not.");
  }
};

class AdamW : public Optimizer {
 public:
  AdamW(const AdamWConfig& config, const OptimizerContext& context)
      : config_(config), parameters_(context.buffer->flat()), gradients_(context.buffer->grad()) {
    m_ = at::zeros_like(parameters_);
    v_ = at::zeros_like(parameters_);
    std::vector<int64_t> bounds;
    std::vector<float> factors;
    for (const SegmentRule& rule : context.rules) {
      bounds.insert(bounds.end(), {rule.begin, rule.end});
      factors.push_back(static_cast<float>(rule.lr));
      factors.push_back(rule.decay ? static_cast<float>(config.weight_decay) : 0.0F);
    }
    segments_ = at::tensor(bounds, at::kLong).view({-1, 2});
    factors_ = at::tensor(factors, at::kFloat).view({-1, 2});
    scalars_ = at::zeros({static_cast<int64_t>(ops::StepScalar::kCount)}, at::kFloat);
  }

  void step(const StepInput& input) override {
    const double t = static_cast<double>(input.update);
    const auto correction = [&](double beta) {
      return config_.bias_correction ? 1.0 - std::pow(beta, t) : 1.0;
    };
    auto* scalars = scalars_.data_ptr<float>();
    const auto set = [scalars](ops::StepScalar which, double value) {
      scalars[static_cast<int64_t>(which)] = static_cast<float>(value);
    };
    set(ops::StepScalar::kLearningRate, learning_rate(input.factor));
    set(ops::StepScalar::kCorrection1, correction(config_.betas[0]));
    set(ops::StepScalar::kCorrection2, correction(config_.betas[1]));
    set(ops::StepScalar::kGradScale, input.grad_scale);
    ops::adamw_(parameters_, gradients_, m_, v_, segments_, factors_, scalars_, config_.betas[0],
                config_.betas[1], config_.eps);
  }

  double learning_rate(double factor) const override { return config_.lr * factor; }

  std::vector<std::pair<std::string, at::Tensor>> state() const override {
    return {{"m", m_}, {"v", v_}};
  }

 private:
  AdamWConfig config_;
  at::Tensor parameters_;
  at::Tensor gradients_;
  at::Tensor m_;
  at::Tensor v_;
  at::Tensor segments_;
  at::Tensor factors_;
  at::Tensor scalars_;
};

}  // namespace

void register_optimizers(Registry& registry) {
  registry.add<Optimizer, AdamW, AdamWConfig>(
      {.name = "adamw",
       .summary = "Adam with decoupled weight decay, one pass over flat buffers.",
       .paper = "https://arxiv.org/abs/1711.05101",
       .ops = {"adamw_", "sum_of_squares"}});
}

std::vector<SegmentRule> segment_rules(const ParameterBuffer& buffer,
                                       const std::vector<ParameterGroup>& groups) {
  std::vector<bool> used(groups.size(), false);
  std::vector<SegmentRule> rules;
  for (const Segment& segment : buffer.segments()) {
    SegmentRule rule{segment.offset, segment.offset + segment.length, 1.0,
                     segment.shape.size() >= 2};
    bool matched = false;
    for (size_t i = 0; i < groups.size(); ++i) {
      if (!name_matches(groups[i].match, segment.name)) {
        continue;
      }
      used[i] = true;
      if (!matched) {
        rule.lr = groups[i].lr;
        rule.decay = groups[i].decay.value_or(rule.decay);
        matched = true;
      }
    }
    if (!segment.frozen) {
      rules.push_back(rule);
    }
  }
  std::vector<std::string> names;
  for (const Segment& segment : buffer.segments()) {
    names.push_back(segment.name);
  }
  Faults faults;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (!used[i]) {
      faults.add(groups[i].mark, "train.groups: pattern '" + groups[i].match +
                                     "' matches no parameter" + suggestion(groups[i].match, names));
    }
  }
  faults.raise_if_any();
  return rules;
}

}  // namespace tpretrain
