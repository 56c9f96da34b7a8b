#include <gtest/gtest.h>

#include "tests/train/checkpoint/protocol_check.h"
#include "tests/train/checkpoint/testing.h"

namespace tpretrain::testing {
namespace {

const std::vector<std::string> kRankFiles = {"model.safetensors", "optimizer-0000.safetensors",
                                             "optimizer-0001.safetensors",
                                             "optimizer-0002.safetensors", "state.safetensors"};

Trace three_commits(const std::vector<std::string>& names) {
  return record(empty_run(), [&](MemoryFileSystem& file_system) {
    CheckpointStore store(file_system, kRun, "writer", quiet());
    store.sweep();
    store.resume();
    for (int64_t step = 1; step <= 3; ++step) {
      commit_step(store, step, names);
    }
  });
}

/// A durable disk with committed steps 1 to `last`.
Disk run_with(int64_t last) {
  MemoryFileSystem file_system(empty_run());
  CheckpointStore store(file_system, kRun, "before", quiet(5));
  for (int64_t step = 1; step <= last; ++step) {
    commit_step(store, step);
  }
  return file_system.disk();
}

void report(const Verdict& verdict) {
  std::printf("crash states: %s\n", verdict.text().c_str());
}

TEST(CrashStates, ThreeCommitsLoseNothingAndAcceptNothingCorrupt) {
  Expectations expectations;
  expectations.continue_every = 97;
  const Verdict verdict = check(three_commits(kRankFiles), expectations);
  report(verdict);
  EXPECT_EQ(verdict.bad(), 0) << verdict.text();
  EXPECT_GE(verdict.states, 20'000);
}

TEST(CrashStates, RecommittingARejectedStepLosesNothing) {
  MemoryFileSystem damaged(run_with(3));
  damaged.content(kRun / "checkpoints/step-0000003/model.safetensors")[2] ^= 1;
  const Trace trace = record(damaged.disk(), [](MemoryFileSystem& file_system) {
    CheckpointStore store(file_system, kRun, "writer", quiet());
    ASSERT_EQ(store.resume()->step(), 2);
    commit_step(store, 3);
    commit_step(store, 4);
    EXPECT_TRUE(file_system.exists(kRun / "checkpoints/step-0000003.bad.writer"));
  });
  Expectations expectations;
  expectations.committed = {1, 2};
  expectations.continue_every = 11;
  const Verdict verdict = check(trace, expectations);
  report(verdict);
  EXPECT_EQ(verdict.bad(), 0) << verdict.text();
  EXPECT_GE(verdict.states, 300);
}

TEST(CrashStates, ARewoundRunNeverReturnsToTheAbandonedFuture) {
  const Trace trace = record(run_with(4), [](MemoryFileSystem& file_system) {
    CheckpointStore store(file_system, kRun, "writer", quiet());
    file_system.mark(rewinding_mark(2));
    store.rewind(2);
    file_system.mark(rewound_mark(2));
    commit_step(store, 3, default_files(), "new");
    commit_step(store, 4, default_files(), "new");
  });
  Expectations expectations;
  expectations.committed = {1, 2, 3, 4};
  const Verdict verdict = check(trace, expectations);
  report(verdict);
  EXPECT_EQ(verdict.bad(), 0) << verdict.text();
  EXPECT_GE(verdict.states, 300);
}

TEST(CrashStates, APowerLossAfterARestartFromAKilledProcessLosesNothing) {
  const std::vector<std::string> names = {"model.safetensors", "state.safetensors"};
  const Trace first = three_commits(names);
  Verdict total;
  for (size_t killed_at = 1; killed_at <= first.ops.size(); ++killed_at) {
    size_t restart = 0;
    const Trace both = record(first.initial, [&](MemoryFileSystem& file_system) {
      for (size_t i = 0; i < killed_at; ++i) {
        file_system.perform(first.ops[i]);
      }
      restart = file_system.trace().size();
      CheckpointStore store(file_system, kRun, "second", quiet());
      store.sweep();
      const auto found = store.resume();
      commit_step(store, found ? found->step() + 1 : 1, names);
    });
    Expectations expectations;
    expectations.first_point = restart;
    const Verdict verdict = check(both, expectations);
    EXPECT_EQ(verdict.bad(), 0) << "killed after op " << killed_at << ": " << verdict.text();
    total.states += verdict.states;
  }
  report(total);
  EXPECT_GE(total.states, 20'000);
}

}  // namespace
}  // namespace tpretrain::testing
