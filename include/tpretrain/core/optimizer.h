/// Update rules and learning-rate schedules.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tpretrain/core/parameters.h"

namespace tpretrain {

/// How one segment of the flat buffer is updated.
struct SegmentRule {
  int64_t begin = 0;
  int64_t end = 0;
  double lr = 1;      ///< factor of the learning rate
  bool decay = true;  ///< whether weight decay applies
};

struct OptimizerContext {
  const ParameterBuffer* buffer = nullptr;
  std::vector<SegmentRule> rules;  ///< trained segments, ascending
};

/// What changes from step to step.
struct StepInput {
  double factor = 1;      ///< of the schedule: multiplies the optimizer's own rate
  double grad_scale = 1;  ///< clipping
  int64_t update = 1;     ///< number of this update, from 1: applied updates only
};

class Optimizer {
 public:
  static constexpr const char* kKind = "optimizer";
  using Context = OptimizerContext;
  virtual ~Optimizer() = default;
  virtual void step(const StepInput& input) = 0;
  /// The learning rate that a factor stands for.
  virtual double learning_rate(double factor) const = 0;
  /// Flat buffers parallel to the parameters, by name: what a checkpoint keeps.
  virtual std::vector<std::pair<std::string, at::Tensor>> state() const = 0;
};

struct ScheduleContext {
  int64_t total = 0;  ///< steps of the run
  int64_t epoch = 0;  ///< steps of one epoch; 0: not known
};

/// A pure function of the step: nothing to save.
class Schedule {
 public:
  static constexpr const char* kKind = "schedule";
  using Context = ScheduleContext;
  virtual ~Schedule() = default;
  /// Factor of the peak rate for step `step` (0 is the first).
  virtual double factor(int64_t step) const = 0;
};

}  // namespace tpretrain
