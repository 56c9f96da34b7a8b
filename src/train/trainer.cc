#include "tpretrain/train/trainer.h"

#include <cmath>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/ops/ops.h"
#include "train/coupled_step.h"
#include "train/optimizers.h"
#include "train/retrieval.h"

namespace tpretrain {
namespace {

/// Sums of a micro-batch as one float64 vector: loss sums, then right predictions (0 where the
/// target has no accuracy).
at::Tensor pack_sums(const Losses& losses) {
  std::vector<at::Tensor> values;
  for (const LossTerm& loss : losses) {
    values.push_back(loss.sum.detach().to(at::kDouble).reshape({1}));
  }
  for (const LossTerm& loss : losses) {
    values.push_back(loss.correct.defined() ? loss.correct.to(at::kDouble).reshape({1})
                                            : at::zeros({1}, at::kDouble));
  }
  return at::cat(values);
}

LossReport unpack_sums(const Losses& shape, const at::Tensor& sums, const Counts& counts) {
  LossReport report;
  report.counts = counts;
  const auto* values = sums.data_ptr<double>();
  const auto size = static_cast<int64_t>(shape.size());
  for (int64_t i = 0; i < size; ++i) {
    const LossTerm& loss = shape[i];
    const double count = counts.at(loss.name);
    const double mean = count > 0 ? values[i] / count : 0.0;
    report.losses[loss.name] = mean;
    report.loss += loss.weight * mean;
    if (loss.correct.defined()) {
      report.accuracy[loss.name] = count > 0 ? values[size + i] / count : 0.0;
    }
  }
  return report;
}

void add_counts(Counts& total, const Counts& part) {
  for (const auto& [name, count] : part) {
    total[name] += count;
  }
}

at::Tensor segment_bounds(const std::vector<SegmentRule>& rules) {
  std::vector<int64_t> bounds;
  for (const SegmentRule& rule : rules) {
    bounds.insert(bounds.end(), {rule.begin, rule.end});
  }
  return at::tensor(bounds, at::kLong).view({-1, 2});
}

}  // namespace

int64_t count_tokens(const Batch& batch) {
  static const std::string kSuffix = ".offsets";
  int64_t tokens = 0;
  for (const auto& [name, tensor] : batch.tensors()) {
    if (name.size() > kSuffix.size() && name.ends_with(kSuffix)) {
      tokens += tensor[tensor.size(0) - 1].item<int64_t>();
    }
  }
  return tokens;
}

Trainer::Trainer(Model& model, const TrainConfig& config, uint64_t seed,
                 const ScheduleContext& schedule, const Registry& registry,
                 std::shared_ptr<Communicator> communicator)
    : model_(model), config_(config), seed_(seed), communicator_(std::move(communicator)) {
  const auto rules = segment_rules(model.buffer(), config.groups);
  if (rules.empty()) {
    throw ConfigError("nothing to train: every parameter is frozen");
  }
  trained_ = segment_bounds(rules);
  optimizer_ = registry.make<Optimizer>(config.optimizer, {&model.buffer(), rules});
  schedule_ = registry.make<Schedule>(config.schedule, schedule);
}

Counts Trainer::global_counts(const std::vector<Batch>& micro_batches) {
  Counts counts;
  for (const Batch& batch : micro_batches) {
    add_counts(counts, model_.count(batch));
  }
  if (communicator_->world() > 1) {
    std::vector<double> values;
    for (const auto& [name, count] : counts) {
      values.push_back(count);
    }
    at::Tensor packed = at::tensor(values, at::kDouble);
    communicator_->all_reduce(packed);
    int64_t i = 0;
    for (auto& [name, count] : counts) {
      count = packed[i++].item<double>();
    }
  }
  return counts;
}

Losses Trainer::backward(const Batch& batch, const Phase& phase, const Counts& counts) {
  Losses losses = model_.forward(batch, phase);
  Model::objective(losses, counts).backward();
  return losses;
}

at::Tensor Trainer::accumulate(const std::vector<Batch>& micro_batches, const Counts& counts,
                               Losses& shape) {
  const bool exact = config_.mode == TrainMode::kExact;
  const Phase phase{.training = true, .seed = seed_};
  std::optional<CoupledStep> coupled;
  if (CoupledStep::needed(model_) && (exact || micro_batches.size() > 1)) {
    coupled.emplace(model_, micro_batches, phase, counts,
                    exact ? BlockSum::kTree : BlockSum::kInOrder);
  }
  at::Tensor gradient = model_.buffer().grad();
  at::Tensor sums;
  for (size_t i = 0; i < micro_batches.size(); ++i) {
    if (exact) {
      model_.zero_grad();
    }
    Losses losses = coupled ? coupled->backward(i) : backward(micro_batches[i], phase, counts);
    const at::Tensor packed = pack_sums(losses);
    if (exact) {
      gradient_tree_.push(gradient);
      loss_tree_.push(packed);
    } else {
      sums = sums.defined() ? sums + packed : packed;
    }
    shape = std::move(losses);
  }
  if (exact) {
    gradient_tree_.finish(gradient);
    sums = at::zeros({static_cast<int64_t>(2 * shape.size())}, at::kDouble);
    loss_tree_.finish(sums);
  }
  communicator_->all_reduce(gradient);
  communicator_->all_reduce(sums);
  return sums;
}

std::string Trainer::find_blame() const {
  for (const Segment& segment : model_.buffer().segments()) {
    if (segment.frozen) {
      continue;
    }
    const at::Tensor part =
        model_.buffer().grad().slice(0, segment.offset, segment.offset + segment.length);
    if (!part.isfinite().all().item<bool>()) {
      return segment.name;
    }
  }
  return "loss";
}

StepReport Trainer::step(const std::vector<Batch>& micro_batches) {
  TP_ASSERT(!micro_batches.empty());
  const Counts counts = global_counts(micro_batches);
  model_.zero_grad();
  Losses shape;
  const at::Tensor sums = accumulate(micro_batches, counts, shape);
  model_.buffer().check_views();

  StepReport report;
  static_cast<LossReport&>(report) = unpack_sums(shape, sums, counts);
  report.grad_norm =
      std::sqrt(ops::sum_of_squares(model_.buffer().grad(), trained_).item<double>());
  const double factor = schedule_->factor(state_.step);
  report.lr = optimizer_->learning_rate(factor);
  report.skipped = !std::isfinite(report.grad_norm) || !std::isfinite(report.loss);
  if (report.skipped) {
    report.blame = find_blame();
    ++state_.skipped;
    ++state_.skipped_in_a_row;
  } else {
    state_.skipped_in_a_row = 0;
    ++state_.updates;
    const bool clips = config_.clip > 0 && report.grad_norm > config_.clip;
    optimizer_->step({.factor = factor,
                      .grad_scale = clips ? config_.clip / report.grad_norm : 1.0,
                      .update = state_.updates});
    model_.buffer().clamp();
  }
  for (const Batch& batch : micro_batches) {
    report.samples += batch.samples();
    report.tokens += count_tokens(batch);
  }
  report.samples *= communicator_->world();
  report.tokens *= communicator_->world();
  state_.samples += report.samples;
  state_.tokens += report.tokens;
  report.step = ++state_.step;
  if (state_.skipped_in_a_row > config_.skip_limit) {
    throw NumericsError(
        "step " + std::to_string(report.step) + ": " + std::to_string(state_.skipped_in_a_row) +
            " steps in a row had a loss or gradient that is not finite; first in '" + report.blame +
            "'",
        "lower the learning rate, or raise train.skip_limit");
  }
  return report;
}

LossReport evaluate_model(Model& model, uint64_t seed, const BatchVisitor& batches) {
  const at::NoGradGuard no_grad;
  Counts counts;
  Losses shape;
  at::Tensor sums;
  Retrieval retrieval(model);
  batches([&](const Batch& batch) {
    add_counts(counts, model.count(batch));
    const Phase phase{.training = false, .seed = seed};
    const auto passes = model.passes(batch, phase);
    Losses losses = model.losses(*passes, batch, phase, [](const Target&) { return true; });
    retrieval.add(*passes, batch);
    const at::Tensor packed = pack_sums(losses);
    sums = sums.defined() ? sums + packed : packed;
    shape = std::move(losses);
  });
  LossReport report = sums.defined() ? unpack_sums(shape, sums, counts) : LossReport{};
  report.recall = retrieval.finish();
  return report;
}

}  // namespace tpretrain
