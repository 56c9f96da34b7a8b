/// Calls a progress function a few times a second.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "tpretrain/data/corpus.h"

namespace tpretrain::text {

class ProgressClock {
 public:
  ProgressClock(CorpusProgressFn on_progress, int64_t total)
      : on_progress_(std::move(on_progress)), total_(total) {}

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  void tick(int64_t bytes) {
    constexpr double kInterval = 0.2;
    if (seconds() - shown_ >= kInterval) {
      last(bytes);
    }
  }

  /// Shows where things stand whatever the time.
  void last(int64_t bytes) {
    shown_ = seconds();
    if (on_progress_) {
      on_progress_({bytes, total_, static_cast<double>(bytes) / std::max(shown_, 1e-9), shown_});
    }
  }

 private:
  CorpusProgressFn on_progress_;
  int64_t total_;
  double shown_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace tpretrain::text
