/// Batches ahead of the step. What a step holds depends on (data, seed, step) alone: not on the
/// number of threads, on the place where a run was resumed, or on who asked before.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tpretrain/core/batch.h"
#include "tpretrain/core/processor.h"
#include "tpretrain/data/sampler.h"

namespace tpretrain {

class BatchMaker;
class Prefetcher;

struct LoaderOptions {
  int64_t batch = 1;        ///< samples per step, over all ranks
  int64_t micro_batch = 1;  ///< samples per micro-batch; divides `batch`
  uint64_t seed = 0;        ///< of the order
  int64_t threads = 1;      ///< worker threads; 0: made in the caller's thread when asked for
  int64_t prefetch = 2;     ///< steps kept ready ahead of the one that is asked for
  int64_t rank = 0;
  int64_t world = 1;  ///< divides the number of micro-batches
  int64_t first_step = 0;
};

/// `count` samples, when they are enough for one step. Errors: DataError.
int64_t checked_count(int64_t count, int64_t batch);

/// What one rank computes in one step.
struct StepBatch {
  int64_t step = 0;
  std::vector<Batch> micro_batches;
  double wait_seconds = 0;  ///< time that the caller was held up
};

/// Step n consumes the sample slots [n * batch, (n + 1) * batch). Micro-batches are consecutive
/// runs of slots; each rank takes a contiguous range of them.
class Loader {
 public:
  /// Errors: DataError when there are fewer samples than `batch`, ConfigError when the sizes do not
  /// divide.
  Loader(std::shared_ptr<const SampleStream> stream, std::vector<Field> fields,
         std::vector<Processor::ViewInfo> views, const LoaderOptions& options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The step after the last one, at first `first_step`. An error of the stream names its sample
  /// and comes again when the same step is asked for again.
  StepBatch next();
  /// Exactly this step; those that follow it are then made ahead.
  StepBatch next(int64_t step);

  /// Samples in the stream: one epoch.
  int64_t samples() const noexcept { return sampler_.count(); }

  int64_t micro_batches() const noexcept { return micro_batches_; }

 private:
  Batch make(int64_t step, int64_t micro) const;

  LoaderOptions options_;
  std::shared_ptr<const BatchMaker> maker_;
  Sampler sampler_;
  int64_t micro_batches_ = 0;  ///< of this rank, per step
  int64_t position_ = 0;
  std::unique_ptr<Prefetcher> prefetcher_;
};

struct ValidationOptions {
  int64_t samples = 0;      ///< the first so many; 0, or more than there are: all
  int64_t micro_batch = 1;  ///< samples per micro-batch; the last one may be smaller
  int64_t threads = 1;
  int64_t prefetch = 4;  ///< micro-batches kept ready ahead
  int64_t rank = 0;
  int64_t world = 1;
};

/// The same samples every time, in their own order: ordinal = index. The stream has a seed of its
/// own.
class ValidationSet {
 public:
  /// Errors: DataError when there is no sample.
  ValidationSet(std::shared_ptr<const SampleStream> stream, std::vector<Field> fields,
                std::vector<Processor::ViewInfo> views, const ValidationOptions& options);

  /// Hands out the micro-batches of this rank in order, made ahead by the threads.
  void for_each(const std::function<void(const Batch&)>& use) const;
  /// Micro-batch `i` of all ranks' together.
  Batch at(int64_t i) const;

  /// Over all ranks.
  int64_t samples() const noexcept { return samples_; }

  int64_t micro_batches() const noexcept;

 private:
  ValidationOptions options_;
  std::shared_ptr<const BatchMaker> maker_;
  int64_t samples_ = 0;
};

}  // namespace tpretrain
