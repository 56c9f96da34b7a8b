/// Targets that compare samples with each other must see the whole step, however it is cut into
/// micro-batches (design.md 9, `scope: step`):
///   1. the passes they read run without gradient for every micro-batch; only features are kept;
///   2. losses and gradients of the features are computed over all samples, a block of samples per
///      micro-batch, and the blocks are added in a fixed order;
///   3. each micro-batch runs again with the gradients of its features as roots of backward. Draws
///      are keyed by sample, so that the second run gives the same bits as the first.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tpretrain/core/model.h"

namespace tpretrain {

/// How blocks of a step are added up.
enum class BlockSum { kInOrder, kTree };

class CoupledStep {
 public:
  /// Steps 1 and 2. The batches must outlive the object.
  CoupledStep(Model& model, const std::vector<Batch>& micro_batches, const Phase& phase,
              const Counts& counts, BlockSum sum);

  /// True when the model has a target that must see a whole step.
  static bool needed(const Model& model);

  /// Step 3 for one micro-batch: adds to the gradients of the parameters. The loss sums of all
  /// targets: those of the coupled ones are over the samples of this micro-batch.
  Losses backward(size_t micro_batch);

 private:
  /// Features of one pass over the step.
  struct Features {
    at::Tensor values;            ///< [N, P], or [T, P] for a pass without a pool; a leaf
    Layout layout;                ///< offsets of all samples; for passes without a pool
    std::vector<int64_t> begins;  ///< first row of each micro-batch, and the end
    at::Tensor gradient;
  };

  /// What step 2 leaves behind for each micro-batch.
  struct Block {
    Losses losses;
    std::vector<std::pair<at::Tensor, at::Tensor>> gradients;  ///< parameter, gradient
  };

  class StepPasses;

  void run_ahead();
  void collect_fields();
  void differentiate(BlockSum sum);
  Block differentiate_block(size_t micro_batch, std::vector<at::Tensor>& gradients);

  Model& model_;
  const std::vector<Batch>& batches_;
  Phase phase_;
  const Counts& counts_;
  std::map<std::string, Features> features_;
  std::vector<int64_t> samples_ = {0};  ///< first sample of each micro-batch, and the end
  Batch step_batch_;
  std::vector<Block> blocks_;
};

}  // namespace tpretrain
