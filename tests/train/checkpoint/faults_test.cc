/// Calls of the file system that fail while a checkpoint is written or read.

#include <fstream>
#include <sys/mount.h>
#include <sys/wait.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include "tests/train/checkpoint/faulty_file_system.h"
#include "tests/train/checkpoint/protocol_check.h"
#include "tests/train/checkpoint/testing.h"
#include "tpretrain/base/error.h"

namespace tpretrain::testing {
namespace {

using ::testing::HasSubstr;

/// Three good checkpoints, so that the fourth commit also removes one.
Disk three_steps() {
  MemoryFileSystem file_system(empty_run());
  CheckpointStore store(file_system, kRun, "before", quiet(3));
  for (int64_t step = 1; step <= 3; ++step) {
    commit_step(store, step);
  }
  return file_system.disk();
}

void expect_newest(FileSystem& file_system, int64_t at_least) {
  const auto found = CheckpointReader(file_system, kRun, 1).newest();
  ASSERT_TRUE(found);
  EXPECT_GE(found->step(), at_least);
  EXPECT_TRUE(has_content(file_system, *found));
}

struct Outcome {
  bool fired = false;
  bool thrown = false;
};

Outcome commit_with_fault(FaultKind kind, int hit, bool lasting) {
  MemoryFileSystem memory(three_steps());
  FaultyFileSystem file_system(memory);
  CheckpointStore store(file_system, kRun, "writer", quiet(2));
  store.resume();
  Outcome outcome;
  file_system.arm(kind, hit, lasting);
  try {
    commit_step(store, 4);
  } catch (const IoError&) {
    outcome.thrown = true;
  }
  outcome.fired = file_system.fired();
  file_system.disarm();
  expect_newest(memory, outcome.fired ? 3 : 4);
  commit_step(store, 5);
  expect_newest(memory, 5);
  if (outcome.thrown && kind != FaultKind::kRemove && !lasting) {
    EXPECT_FALSE(memory.exists(kRun / "checkpoints/step-0000004.tmp.writer"));
  }
  return outcome;
}

class EveryFault : public ::testing::TestWithParam<FaultKind> {};

TEST_P(EveryFault, AtEveryCallLeavesTheLastCheckpointAndTheStoreUsable) {
  for (const bool lasting : {false, true}) {
    int fired = 0;
    for (int hit = 1;; ++hit) {
      SCOPED_TRACE("call " + std::to_string(hit) + (lasting ? " and all later ones" : ""));
      const Outcome outcome = commit_with_fault(GetParam(), hit, lasting);
      if (!outcome.fired) {
        EXPECT_FALSE(outcome.thrown);
        break;
      }
      ++fired;
      ASSERT_LT(hit, 1000);
    }
    EXPECT_GE(fired, 1) << "a commit makes no call of this kind";
  }
}

TEST_P(EveryFault, WhileTheStoreIsMadeIsAnErrorAndPasses) {
  for (int hit = 1;; ++hit) {
    MemoryFileSystem memory(three_steps());
    FaultyFileSystem file_system(memory);
    file_system.arm(GetParam(), hit);
    try {
      CheckpointStore store(file_system, kRun, "writer", quiet());
      store.sweep();
    } catch (const IoError&) {
      EXPECT_TRUE(file_system.fired());
    }
    if (!file_system.fired()) {
      break;
    }
    file_system.disarm();
    CheckpointStore store(file_system, kRun, "again", quiet());
    commit_step(store, 4);
    expect_newest(memory, 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, EveryFault, ::testing::ValuesIn(kAllFaults));

TEST(CheckpointFaults, AFailedFsyncIsNotRetried) {
  MemoryFileSystem memory(empty_run());
  FaultyFileSystem file_system(memory);
  CheckpointStore store(file_system, kRun, "writer", quiet());
  const auto writer = store.begin(1);
  const auto file = writer->add_file("model.safetensors");
  file->write("abc", 3);
  file_system.arm(FaultKind::kSync, 1);
  EXPECT_THROW(file->close(), IoError);
  EXPECT_THROW(writer->commit(info_of(1)), IoError) << "a second fsync would succeed, and lie";
  EXPECT_FALSE(memory.exists(kRun / "checkpoints/step-0000001"));
  EXPECT_FALSE(store.resume());
}

TEST(CheckpointFaults, AFailedLedgerLeavesTheCommittedCheckpoint) {
  MemoryFileSystem memory(three_steps());
  FaultyFileSystem file_system(memory);
  CheckpointStore store(file_system, kRun, "writer", quiet(2));
  file_system.arm(FaultKind::kAppend, 1);
  try {
    commit_step(store, 4);
    FAIL() << "no error";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("after the checkpoint of step 4 was committed"));
  }
  expect_newest(memory, 4);
  EXPECT_EQ(store.reader().steps().size(), 4U) << "retention waits for the ledger";
}

TEST(CheckpointFaults, ALedgerLineCutOffByAFullDiskDoesNotSpoilTheNext) {
  MemoryFileSystem memory(three_steps());
  FaultyFileSystem file_system(memory);
  CheckpointStore store(file_system, kRun, "writer", quiet(2));
  const uint64_t before = memory.size(kRun / "ledger");
  // Three files and the manifest are written before the ledger.
  file_system.arm(FaultKind::kShortWrite, 5);
  EXPECT_THROW(commit_step(store, 4), IoError);
  EXPECT_GT(memory.size(kRun / "ledger"), before);
  EXPECT_EQ(store.reader().ledger_step(), 3);
  commit_step(store, 5);
  EXPECT_EQ(store.reader().ledger_step(), 5);
}

TEST(CheckpointFaults, AReadErrorRejectsTheCheckpointAndFallsBack) {
  MemoryFileSystem memory(three_steps());
  FaultyFileSystem file_system(memory);
  const CheckpointReader reader(file_system, kRun, 1);
  std::vector<std::string> reasons;
  file_system.arm(FaultKind::kRead, 1);  // the manifest of step 3
  const auto found = reader.newest(
      [&](const RejectedCheckpoint& rejected) { reasons.push_back(rejected.reason); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->step(), 2);
  EXPECT_THAT(reasons, ::testing::ElementsAre(HasSubstr("Input/output error")));
}

TEST(CheckpointFaults, TooLittleSpaceIsSeenBeforeAnythingIsWritten) {
  MemoryFileSystem memory(three_steps());
  CheckpointStore store(memory, kRun, "writer", quiet());
  const size_t ops = memory.trace().size();
  memory.free = (uint64_t{3} << 20) - 1;
  try {
    store.begin(4, uint64_t{3} << 20);
    FAIL() << "no error";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the checkpoint of step 4 needs 3.0 MiB"));
    EXPECT_THAT(error.what(), HasSubstr("runs/test/checkpoints"));
  }
  EXPECT_EQ(memory.trace().size(), ops);
  memory.free = uint64_t{3} << 20;
  EXPECT_NO_THROW(store.begin(4, uint64_t{3} << 20));
}

// ---- a real full disk -------------------------------------------------------------------------

void commit_of_size(CheckpointStore& store, int64_t step, size_t bytes) {
  const auto writer = store.begin(step);
  const auto file = writer->add_file("model.safetensors");
  const std::string chunk(64 << 10, static_cast<char>('a' + step));
  for (size_t done = 0; done < bytes; done += chunk.size()) {
    file->write(chunk.data(), chunk.size());
  }
  file->close();
  writer->commit(info_of(step));
}

/// Runs in a child: prints what went wrong, nothing when all is well.
std::string fill_small_disk(const fs::path& disk) {
  FileSystem& file_system = FileSystem::posix();
  CheckpointStore store(file_system, disk, "writer", quiet());
  commit_of_size(store, 1, 1 << 20);
  commit_of_size(store, 2, 1 << 20);
  try {
    commit_of_size(store, 3, 3 << 20);
    return "3 MiB fit into the rest of a 4 MiB disk";
  } catch (const IoError& error) {
    if (std::string(error.what()).find("No space left on device") == std::string::npos) {
      return error.what();
    }
  }
  if (store.resume()->step() != 2) {
    return "step 2 was lost";
  }
  if (file_system.list(disk / "checkpoints").size() != 2) {
    return "the discarded checkpoint was left behind";
  }
  commit_of_size(store, 4, 1 << 20);
  return store.resume()->step() == 4 ? "" : "step 4 was not committed";
}

TEST(CheckpointFaults, AFullTmpfsKeepsTheLastCheckpoint) {
  const fs::path disk = fs::path(::testing::TempDir()) / "checkpoint_small_disk";
  const fs::path report = disk.string() + ".report";
  fs::create_directories(disk);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=4m") != 0) {
      _exit(77);
    }
    std::string result;
    try {
      result = fill_small_disk(disk);
    } catch (const std::exception& error) {
      result = error.what();
    }
    std::ofstream(report) << result;
    _exit(result.empty() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  fs::remove_all(disk);
  if (WEXITSTATUS(status) == 77) {
    GTEST_SKIP() << "a tmpfs cannot be mounted here (needs the right to unshare and mount)";
  }
  std::stringstream text;
  text << std::ifstream(report).rdbuf();
  fs::remove(report);
  EXPECT_EQ(status, 0) << text.str();
}

}  // namespace
}  // namespace tpretrain::testing
