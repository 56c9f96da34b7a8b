/// Makes the parts of numbered steps ahead of their use, by threads over a bounded queue of steps.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tpretrain/core/batch.h"

namespace tpretrain {

class Prefetcher {
 public:
  struct Options {
    int64_t threads = 1;  ///< 0: parts are made by `take` itself
    int64_t ahead = 1;    ///< steps in the queue, the one being made for the caller included
    int64_t parts = 1;    ///< per step
    int64_t first = 0;
    int64_t end = std::numeric_limits<int64_t>::max();  ///< no step from here on is made
  };

  /// Must be thread-safe and a pure function of its arguments.
  using Make = std::function<Batch(int64_t step, int64_t part)>;

  /// Errors: IoError when a thread cannot be had.
  Prefetcher(Make make, const Options& options);
  /// Waits for the parts in work, drops the rest.
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The parts of `step` in order. A step out of sequence empties the queue and starts anew there.
  /// Rethrows the error of the first part that failed; the step then stays where it is.
  std::vector<Batch> take(int64_t step);

 private:
  struct Part {
    std::optional<Batch> batch;
    std::exception_ptr error;
  };

  struct Step {
    std::vector<Part> parts;
    int64_t open = 0;  ///< parts not made yet
  };

  /// A part to be made; `epoch` tells results of before a seek from those after it.
  struct Job {
    int64_t step = 0;
    int64_t part = 0;
    uint64_t epoch = 0;
  };

  void work();
  void stop();
  bool has_job() const;
  Job claim();
  void store(const Job& job, Part part);
  void restart(int64_t step);
  std::vector<Batch> make_now(int64_t step) const;

  Make make_;
  Options options_;
  std::mutex mutex_;
  std::condition_variable job_ready_;
  std::condition_variable step_ready_;
  std::deque<Step> steps_;  ///< steps_[i] is step base_ + i
  int64_t base_ = 0;
  int64_t next_step_ = 0;  ///< the next part to be claimed
  int64_t next_part_ = 0;
  uint64_t epoch_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tpretrain
