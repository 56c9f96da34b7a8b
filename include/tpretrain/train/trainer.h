/// One optimizer step over micro-batches, whatever the recipe: counts agreed, forward, backward,
/// reduce, clip, update. The loop around it (data, checkpoints, metrics) is in train/pretrain.h; a
/// caller with a loop of its own needs only this class.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tpretrain/core/model.h"
#include "tpretrain/core/optimizer.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/dist/communicator.h"
#include "tpretrain/dist/tree_sum.h"

namespace tpretrain {

/// How often a sample of one pass has its partner of another pass among the k most similar ones.
struct Recall {
  std::string from;
  std::string to;
  int64_t samples = 0;           ///< that were looked up, and looked through
  std::map<int64_t, double> at;  ///< k -> share of the samples
};

/// Means over the global batch, by target name.
struct LossReport {
  double loss = 0;                         ///< weighted sum of the targets' losses
  std::map<std::string, double> losses;    ///< mean loss of each target
  std::map<std::string, double> accuracy;  ///< share of right predictions, where it is defined
  Counts counts;                           ///< items per loss
  /// Both directions of every contrastive target; of evaluations only.
  std::map<std::string, std::vector<Recall>> recall;
  /// k -> share of pictures whose class is among the k best by its names; of evaluations only.
  std::map<int64_t, double> zero_shot;
};

struct StepReport : LossReport {
  int64_t step = 0;  ///< number of this step, from 1
  double lr = 0;
  double grad_norm = 0;  ///< before clipping
  bool skipped = false;  ///< loss or gradient was not finite: parameters and moments unchanged
  std::string blame;     ///< first parameter with a non-finite gradient, or "loss"
  int64_t samples = 0;   ///< of this step
  int64_t tokens = 0;
};

/// What a run carries from step to step beside parameters and moments.
struct TrainState {
  int64_t step = 0;     ///< steps done
  int64_t updates = 0;  ///< steps that changed the parameters
  int64_t samples = 0;
  int64_t tokens = 0;
  int64_t skipped = 0;
  int64_t skipped_in_a_row = 0;
};

class Trainer {
 public:
  /// `registry` makes optimizer and schedule; `total` and `epoch` in steps.
  Trainer(Model& model, const TrainConfig& config, uint64_t seed, const ScheduleContext& schedule,
          const Registry& registry, std::shared_ptr<Communicator> communicator);

  /// Runs one step and advances the state.
  /// Errors: NumericsError after `skip_limit` non-finite steps in a row.
  StepReport step(const std::vector<Batch>& micro_batches);

  const TrainState& state() const noexcept { return state_; }

  void restore(const TrainState& state) { state_ = state; }

  Optimizer& optimizer() noexcept { return *optimizer_; }

  Model& model() noexcept { return model_; }

 private:
  Counts global_counts(const std::vector<Batch>& micro_batches);
  Losses backward(const Batch& batch, const Phase& phase, const Counts& counts);
  at::Tensor accumulate(const std::vector<Batch>& micro_batches, const Counts& counts,
                        Losses& shape);
  std::string find_blame() const;

  Model& model_;
  TrainConfig config_;
  uint64_t seed_;
  std::shared_ptr<Communicator> communicator_;
  std::shared_ptr<Optimizer> optimizer_;
  std::shared_ptr<Schedule> schedule_;
  at::Tensor trained_;  ///< [n, 2] bounds of the trained segments
  TreeSum gradient_tree_;
  TreeSum loss_tree_;
  TrainState state_;
};

/// Calls its argument with every batch of a set, in order.
using BatchVisitor = std::function<void(const std::function<void(const Batch&)>&)>;

/// Means over batches without training: dropout off, no gradient. Contrastive targets compare the
/// samples of one batch for their loss, and all samples for their recall.
LossReport evaluate_model(Model& model, uint64_t seed, const BatchVisitor& batches);

/// Text tokens of a batch: the sum over its views.
int64_t count_tokens(const Batch& batch);

}  // namespace tpretrain
