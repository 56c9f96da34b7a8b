#include "data/prefetcher.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/few_threads.h"

namespace tpretrain {
namespace {

Batch numbered(int64_t step, int64_t part) {
  Batch batch;
  batch.set_number("step", step);
  batch.set_number("part", part);
  return batch;
}

void expect_step(const std::vector<Batch>& batches, int64_t step, int64_t parts) {
  ASSERT_EQ(static_cast<int64_t>(batches.size()), parts);
  for (int64_t part = 0; part < parts; ++part) {
    EXPECT_EQ(batches[static_cast<size_t>(part)].number("step"), step);
    EXPECT_EQ(batches[static_cast<size_t>(part)].number("part"), part);
  }
}

/// Holds threads back until it is opened.
class Gate {
 public:
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  void pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

TEST(Prefetcher, HandsOutStepsAndPartsInOrder) {
  for (const int64_t threads : {0, 1, 2, 5}) {
    for (const int64_t ahead : {1, 3}) {
      Prefetcher prefetcher(numbered, {.threads = threads, .ahead = ahead, .parts = 4, .first = 6});
      for (int64_t step = 6; step < 40; ++step) {
        expect_step(prefetcher.take(step), step, 4);
      }
    }
  }
}

TEST(Prefetcher, SeeksAnywhere) {
  for (const int64_t threads : {0, 1, 3}) {
    Prefetcher prefetcher(numbered, {.threads = threads, .ahead = 2, .parts = 3});
    for (const int64_t step :
         std::vector<int64_t>{0, 1, 100, 101, 99, 0, 0, 1'000'000'000'000, 7}) {
      expect_step(prefetcher.take(step), step, 3);
    }
  }
}

TEST(Prefetcher, ResultsOfBeforeASeekAreDropped) {
  Gate gate;
  std::atomic<bool> begun = false;
  const auto make = [&](int64_t step, int64_t part) {
    if (step == 0) {
      begun = true;
      gate.pass();
    }
    return numbered(step, part);
  };
  Prefetcher prefetcher(make, {.threads = 2, .ahead = 1, .parts = 1});
  while (!begun) {
    std::this_thread::yield();
  }
  expect_step(prefetcher.take(10), 10, 1);  // step 0 is still being made by the other thread
  gate.open();
  for (int64_t step = 11; step < 30; ++step) {
    expect_step(prefetcher.take(step), step, 1);
  }
}

TEST(Prefetcher, StaysWithinItsBound) {
  std::atomic<int64_t> furthest = 0;
  const auto make = [&](int64_t step, int64_t part) {
    int64_t seen = furthest;
    while (seen < step && !furthest.compare_exchange_weak(seen, step)) {
    }
    return numbered(step, part);
  };
  Prefetcher prefetcher(make, {.threads = 3, .ahead = 4, .parts = 2});
  for (int64_t step = 0; step < 200; ++step) {
    // Steps step .. step + 3 may be under way while `step` has not been taken.
    EXPECT_LT(furthest, step + 4);
    prefetcher.take(step);
  }
}

TEST(Prefetcher, StopsAtItsEnd) {
  std::atomic<int64_t> made = 0;
  {
    const auto make = [&](int64_t step, int64_t part) {
      ++made;
      return numbered(step, part);
    };
    Prefetcher prefetcher(make, {.threads = 2, .ahead = 100, .parts = 1, .end = 3});
    for (int64_t step = 0; step < 3; ++step) {
      expect_step(prefetcher.take(step), step, 1);
    }
  }
  EXPECT_EQ(made, 3);
}

TEST(Prefetcher, ReportsTheFirstFailingPartAndGoesOnElsewhere) {
  const auto make = [](int64_t step, int64_t part) {
    if (step == 2 && part >= 1) {
      throw std::runtime_error("part " + std::to_string(part));
    }
    return numbered(step, part);
  };
  for (const int64_t threads : {0, 1, 4}) {
    Prefetcher prefetcher(make, {.threads = threads, .ahead = 3, .parts = 4});
    expect_step(prefetcher.take(0), 0, 4);
    expect_step(prefetcher.take(1), 1, 4);
    for (int repeat = 0; repeat < 2; ++repeat) {
      try {
        prefetcher.take(2);
        FAIL() << "no error";
      } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "part 1");
      }
    }
    expect_step(prefetcher.take(3), 3, 4);
  }
}

TEST(Prefetcher, StopsItsThreadsWhenOneCannotBeStarted) {
#if defined(TPRETRAIN_SANITIZED)
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  const ChildResult child = testing::run_with_few_threads(
      [] { Prefetcher(numbered, {.threads = 64, .ahead = 2, .parts = 2}); });
  EXPECT_EQ(child.status, 7);
  EXPECT_THAT(child.error_text, ::testing::HasSubstr("of 64 cannot be started: "));
}

TEST(Prefetcher, ShutsDownWhileItsQueueIsFull) {
  for (int repeat = 0; repeat < 50; ++repeat) {
    Prefetcher idle(numbered, {.threads = 2, .ahead = 2, .parts = 2});
    Prefetcher used(numbered, {.threads = 2, .ahead = 2, .parts = 2});
    used.take(0);
  }
}

}  // namespace
}  // namespace tpretrain
