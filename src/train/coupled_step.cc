#include "train/coupled_step.h"

#include <algorithm>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "tpretrain/base/error.h"
#include "tpretrain/dist/tree_sum.h"

namespace tpretrain {
namespace {

bool is_coupled(const Target& target) {
  return !target.coupled().passes.empty();
}

bool is_free(const Target& target) {
  return !is_coupled(target);
}

/// Sequences of several batches one after the other.
void append_offsets(Layout& layout, const Layout& more) {
  layout.max_length = std::max(layout.max_length, more.max_length);
  if (!layout.offsets.defined()) {
    layout.offsets = more.offsets;
    return;
  }
  const int64_t tokens = layout.offsets[-1].item<int64_t>();
  layout.offsets = at::cat({layout.offsets, more.offsets.slice(0, 1) + tokens});
}

/// Adds gradients of blocks, one tensor at a time, in the order that was asked for.
class BlockAdder {
 public:
  BlockAdder(size_t tensors, BlockSum sum) : sum_(sum), trees_(tensors), totals_(tensors) {}

  void push(const std::vector<at::Tensor>& gradients) {
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (sum_ == BlockSum::kTree) {
        trees_[i].push(gradients[i]);
      } else {
        totals_[i] = totals_[i].defined() ? totals_[i] + gradients[i] : gradients[i];
      }
    }
  }

  at::Tensor total(size_t i, const at::Tensor& like) {
    if (sum_ == BlockSum::kInOrder) {
      return totals_[i];
    }
    at::Tensor out = at::zeros_like(like);
    trees_[i].finish(out);
    return out;
  }

 private:
  BlockSum sum_;
  std::vector<TreeSum> trees_;
  std::vector<at::Tensor> totals_;
};

}  // namespace

/// The features of the whole step; one micro-batch's samples are its own.
class CoupledStep::StepPasses : public Passes {
 public:
  StepPasses(const CoupledStep& step, size_t micro_batch)
      : own_{step.samples_[micro_batch],
             step.samples_[micro_batch + 1] - step.samples_[micro_batch]} {
    for (const auto& [name, features] : step.features_) {
      outputs_[name].projected = features.values;
      outputs_[name].sequence.layout = features.layout;
    }
  }

  const PassOutput& get(const std::string& pass) override { return outputs_.at(pass); }

  PassOutput run(const std::string& pass, const Batch&) override {
    throw ConfigError(
        "a target that compares the samples of a step can not run pass '" + pass + "' again",
        "give the target `scope: micro`, or train with one micro-batch a step");
  }

  std::optional<SampleRange> own() const override { return own_; }

 private:
  SampleRange own_;
  std::map<std::string, PassOutput> outputs_;
};

bool CoupledStep::needed(const Model& model) {
  return std::any_of(model.targets().begin(), model.targets().end(),
                     [](const auto& target) { return is_coupled(*target); });
}

CoupledStep::CoupledStep(Model& model, const std::vector<Batch>& micro_batches, const Phase& phase,
                         const Counts& counts, BlockSum sum)
    : model_(model), batches_(micro_batches), phase_(phase), counts_(counts) {
  for (const auto& target : model.targets()) {
    for (const std::string& pass : target->coupled().passes) {
      features_[pass];
    }
  }
  run_ahead();
  collect_fields();
  differentiate(sum);
}

void CoupledStep::run_ahead() {
  const at::NoGradGuard no_grad;
  std::map<std::string, std::vector<at::Tensor>> values;
  for (const Batch& batch : batches_) {
    samples_.push_back(samples_.back() + batch.samples());
    const auto passes = model_.passes(batch, phase_);
    for (auto& [name, features] : features_) {
      const PassOutput& output = passes->get(name);
      if (features.begins.empty()) {
        features.begins.push_back(0);
      }
      features.begins.push_back(features.begins.back() + output.features().size(0));
      values[name].push_back(output.features());
      if (!output.pooled.defined()) {
        append_offsets(features.layout, output.sequence.layout);
      }
    }
  }
  for (auto& [name, features] : features_) {
    features.values = at::cat(values.at(name)).requires_grad_();
  }
}

void CoupledStep::collect_fields() {
  std::vector<std::string> names = {"ordinal"};
  for (const auto& target : model_.targets()) {
    const Coupling coupling = target->coupled();
    names.insert(names.end(), coupling.fields.begin(), coupling.fields.end());
  }
  for (const std::string& name : names) {
    std::vector<at::Tensor> values;
    for (const Batch& batch : batches_) {
      values.push_back(batch.at(name));
    }
    step_batch_.set(name, at::cat(values));
  }
}

void CoupledStep::differentiate(BlockSum sum) {
  BlockAdder adder(features_.size(), sum);
  for (size_t i = 0; i < batches_.size(); ++i) {
    std::vector<at::Tensor> gradients;
    blocks_.push_back(differentiate_block(i, gradients));
    adder.push(gradients);
  }
  size_t i = 0;
  for (auto& [name, features] : features_) {
    features.gradient = adder.total(i++, features.values.detach());
  }
}

CoupledStep::Block CoupledStep::differentiate_block(size_t micro_batch,
                                                    std::vector<at::Tensor>& gradients) {
  std::vector<at::Tensor> inputs;
  for (const auto& [name, features] : features_) {
    inputs.push_back(features.values);
  }
  const size_t leaves = inputs.size();
  for (const at::Tensor& parameter : model_.parameters()) {
    if (parameter.requires_grad()) {
      inputs.push_back(parameter);
    }
  }
  StepPasses passes(*this, micro_batch);
  Block block{model_.losses(passes, step_batch_, phase_, is_coupled), {}};
  const auto found = torch::autograd::grad({Model::objective(block.losses, counts_)}, inputs, {},
                                           std::nullopt, false, /*allow_unused=*/true);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (i < leaves) {
      gradients.push_back(found[i].defined() ? found[i] : at::zeros_like(inputs[i].detach()));
    } else if (found[i].defined()) {
      block.gradients.emplace_back(inputs[i], found[i]);
    }
  }
  for (LossTerm& loss : block.losses) {
    loss.sum = loss.sum.detach();
  }
  return block;
}

Losses CoupledStep::backward(size_t micro_batch) {
  const Batch& batch = batches_[micro_batch];
  const auto passes = model_.passes(batch, phase_);
  Losses losses = model_.losses(*passes, batch, phase_, is_free);
  std::vector<at::Tensor> roots;
  std::vector<at::Tensor> gradients;
  if (!losses.empty()) {
    roots.push_back(Model::objective(losses, counts_));
    gradients.push_back(at::ones_like(roots[0]));
  }
  for (const auto& [name, features] : features_) {
    const at::Tensor& values = passes->get(name).features();
    if (values.requires_grad()) {
      const int64_t begin = features.begins[micro_batch];
      roots.push_back(values);
      gradients.push_back(features.gradient.slice(0, begin, features.begins[micro_batch + 1]));
    }
  }
  if (!roots.empty()) {
    torch::autograd::backward(roots, gradients);
  }
  const Block& block = blocks_[micro_batch];
  for (const auto& [parameter, gradient] : block.gradients) {
    parameter.mutable_grad().add_(gradient);
  }
  losses.insert(losses.begin(), block.losses.begin(), block.losses.end());
  return losses;
}

}  // namespace tpretrain
