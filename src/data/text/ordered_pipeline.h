/// One producer, many workers, results in the order of production; the bytes under way are bounded.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "data/start_thread.h"

namespace tpretrain::text {

template <typename In, typename Out>
class OrderedPipeline {
 public:
  struct Stages {
    std::function<std::optional<In>()> produce;  ///< on a thread of its own
    std::function<int64_t(const In&)> bytes;
    std::function<Out(In&&, int worker)> work;  ///< on `workers` threads
    std::function<void(Out&&)> consume;         ///< on the calling thread, in order
  };

  OrderedPipeline(Stages stages, int workers, int64_t budget)
      : stages_(std::move(stages)), workers_(workers), budget_(budget) {}

  /// Runs to the end. An exception of a stage is thrown here once all before it is consumed, so
  /// that the same one is seen whatever the timing. Errors: IoError when no thread can be had.
  void run() {
    std::vector<std::thread> threads;
    std::exception_ptr error;
    try {
      start(threads);
      consume();
    } catch (...) {
      error = std::current_exception();
    }
    stop();
    for (std::thread& thread : threads) {
      thread.join();
    }
    if (error) {
      std::rethrow_exception(error);
    }
  }

 private:
  struct Job {
    int64_t index = 0;
    int64_t bytes = 0;
    In input;
  };

  struct Result {
    int64_t bytes = 0;
    std::optional<Out> output;
    std::exception_ptr error;
  };

  void start(std::vector<std::thread>& threads) {
    data::start_thread(threads, workers_ + 1, [this] { produce(); });
    for (int i = 0; i < workers_; ++i) {
      data::start_thread(threads, workers_ + 1, [this, i] { work(i); });
    }
  }

  void produce() {
    for (int64_t index = 0;; ++index) {
      std::optional<In> input;
      std::exception_ptr error;
      try {
        input = stages_.produce();
      } catch (...) {
        error = std::current_exception();
      }
      if (!input) {
        const std::lock_guard lock(mutex_);
        if (error) {
          results_[index] = {0, std::nullopt, error};
        } else {
          end_ = index;
        }
        done_.notify_all();
        return;
      }
      const int64_t bytes = stages_.bytes(*input);
      std::unique_lock lock(mutex_);
      room_.wait(lock,
                 [&] { return stopped_ || under_way_ == 0 || under_way_ + bytes <= budget_; });
      if (stopped_) {
        return;
      }
      under_way_ += bytes;
      jobs_.push_back({index, bytes, std::move(*input)});
      ready_.notify_one();
    }
  }

  void work(int worker) {
    for (;;) {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
      if (stopped_) {
        return;
      }
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      Result result{job.bytes, std::nullopt, nullptr};
      try {
        result.output = stages_.work(std::move(job.input), worker);
      } catch (...) {
        result.error = std::current_exception();
      }
      lock.lock();
      results_[job.index] = std::move(result);
      done_.notify_all();
    }
  }

  void consume() {
    for (int64_t index = 0;; ++index) {
      std::unique_lock lock(mutex_);
      done_.wait(lock, [&] { return results_.contains(index) || end_ == index; });
      if (end_ == index) {
        return;
      }
      Result result = std::move(results_[index]);
      results_.erase(index);
      lock.unlock();
      if (result.error) {
        std::rethrow_exception(result.error);
      }
      stages_.consume(std::move(*result.output));
      result.output.reset();
      lock.lock();
      under_way_ -= result.bytes;
      room_.notify_one();
    }
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    room_.notify_all();
    ready_.notify_all();
  }

  Stages stages_;
  int workers_;
  int64_t budget_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable ready_;
  std::condition_variable done_;
  std::deque<Job> jobs_;
  std::map<int64_t, Result> results_;
  int64_t under_way_ = 0;
  int64_t end_ = -1;
  bool stopped_ = false;
};

/// 0 means all cores that this process may use.
int worker_count(int threads);

/// Bytes of text under way for `workers` threads.
constexpr int64_t text_budget(int workers, int64_t chunk) {
  return (2 * workers + 2) * chunk;
}

}  // namespace tpretrain::text
