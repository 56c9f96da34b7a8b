#include "tpretrain/train/run_directory.h"

#include <fstream>
#include <sys/wait.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "tests/train/checkpoint/faulty_file_system.h"
#include "tpretrain/base/error.h"

namespace tpretrain::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class RunDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) / "run_directory_test";
    fs::remove_all(root_);
    fs::create_directories(root_);
  }

  void TearDown() override { fs::remove_all(root_); }

  /// The message of the OutputError; "" when the directory was acquired.
  static std::string error_of(FileSystem& file_system, const fs::path& path) {
    try {
      RunDirectory::acquire(file_system, path);
    } catch (const OutputError& error) {
      EXPECT_EQ(exit_status(error.code()), ExitStatus::kOutput);
      return error.what();
    }
    return "";
  }

  std::string error_of(const fs::path& path) { return error_of(FileSystem::posix(), path); }

  fs::path root_;
};

TEST_F(RunDirectoryTest, CreatesTheDirectoryAndLeavesOnlyTheOwner) {
  const auto run = RunDirectory::acquire(FileSystem::posix(), root_ / "runs/bert/");
  EXPECT_EQ(run.path(), root_ / "runs/bert");
  EXPECT_THAT(run.run_id(), MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(FileSystem::posix().list(run.path()), std::vector<std::string>{"owner"});
}

TEST_F(RunDirectoryTest, RunIdsDiffer) {
  const auto first = RunDirectory::acquire(FileSystem::posix(), root_ / "a");
  const auto second = RunDirectory::acquire(FileSystem::posix(), root_ / "b");
  EXPECT_NE(first.run_id(), second.run_id());
}

TEST_F(RunDirectoryTest, ASecondOpenerIsToldWhoHoldsIt) {
  const auto run = RunDirectory::acquire(FileSystem::posix(), root_ / "bert");
  const std::string error = error_of(root_ / "bert");
  EXPECT_THAT(error, HasSubstr("is in use by host " + host_name() + ", pid " +
                               std::to_string(getpid()) + ", since 20"));
  EXPECT_THAT(error, HasSubstr((root_ / "bert").string()));
}

TEST_F(RunDirectoryTest, TheLockEndsWithItsHolder) {
  {
    auto run = RunDirectory::acquire(FileSystem::posix(), root_ / "bert");
    const RunDirectory moved = std::move(run);
    EXPECT_NE(error_of(root_ / "bert"), "") << "moving keeps the lock";
  }
  EXPECT_EQ(error_of(root_ / "bert"), "");
}

TEST_F(RunDirectoryTest, RenewingKeepsTheEarlierRunAndTakesTheLockOfTheNewOne) {
  for (const char* aside : {"bert.old-1", "bert.old-2"}) {
    { const auto earlier = RunDirectory::acquire(FileSystem::posix(), root_ / "bert"); }
    std::ofstream(root_ / "bert/ledger") << aside;
    auto run = RunDirectory::acquire(FileSystem::posix(), root_ / "bert/");
    const std::string id = run.run_id();
    EXPECT_EQ(run.renew(FileSystem::posix()), root_ / aside);
    EXPECT_EQ(FileSystem::posix().read_all(root_ / aside / "ledger"), aside);
    EXPECT_EQ(run.path(), root_ / "bert");
    EXPECT_NE(run.run_id(), id);
    EXPECT_FALSE(fs::exists(root_ / "bert/ledger"));
    EXPECT_THAT(error_of(root_ / "bert"), HasSubstr("is in use by"));
    EXPECT_EQ(error_of(root_ / aside), "") << "the lock of the old one is free";
  }
}

TEST_F(RunDirectoryTest, ThereIsNothingToKeepOfADirectoryJustMade) {
  auto run = RunDirectory::acquire(FileSystem::posix(), root_ / "bert");
  EXPECT_EQ(run.renew(FileSystem::posix()), std::nullopt);
  EXPECT_FALSE(fs::exists(root_ / "bert.old-1"));
}

TEST_F(RunDirectoryTest, TheLockOfAKilledProcessIsFreeAtOnce) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto run = RunDirectory::acquire(FileSystem::posix(), root_ / "bert");
    const char byte = 'r';
    _exit(write(ready[1], &byte, 1) == 1 && pause() == 0 ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_THAT(error_of(root_ / "bert"), HasSubstr("pid " + std::to_string(child)));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(error_of(root_ / "bert"), "");
  close(ready[0]);
  close(ready[1]);
}

TEST_F(RunDirectoryTest, ADirectoryThatCannotBeMadeIsNamed) {
  std::ofstream(root_ / "file") << "x";
  const std::string error = error_of(root_ / "file/bert");
  EXPECT_THAT(error, HasSubstr((root_ / "file/bert").string()));
  EXPECT_THAT(error, HasSubstr("Not a directory"));
  EXPECT_THAT(error_of("/proc/tpretrain-run"), HasSubstr("/proc/tpretrain-run"));
}

TEST_F(RunDirectoryTest, EveryFailingCallOfTheProbeIsFoundBeforeTheLock) {
  for (const FaultKind kind :
       {FaultKind::kMakeDirectory, FaultKind::kCreate, FaultKind::kWrite, FaultKind::kSync,
        FaultKind::kClose, FaultKind::kRename, FaultKind::kRemove, FaultKind::kSyncDirectory}) {
    FaultyFileSystem file_system(FileSystem::posix());
    file_system.arm(kind, 1);
    const fs::path path = root_ / ("run" + std::to_string(static_cast<int>(kind)));
    EXPECT_THAT(error_of(file_system, path), HasSubstr("Input/output error"));
    EXPECT_FALSE(fs::exists(path / "owner"));
    EXPECT_EQ(error_of(path), "") << "the next try finds a free directory";
  }
}

TEST_F(RunDirectoryTest, ProbesOfAKilledStartAreRemoved) {
  fs::create_directories(root_ / "bert");
  std::ofstream(root_ / "bert/.probe.0123") << "probe";
  const auto run = RunDirectory::acquire(FileSystem::posix(), root_ / "bert");
  EXPECT_FALSE(fs::exists(root_ / "bert/.probe.0123"));
}

TEST_F(RunDirectoryTest, AnOwnerThatIsALinkIsNotFollowed) {
  fs::create_directories(root_ / "bert");
  std::ofstream(root_ / "victim") << "precious";
  fs::create_symlink(root_ / "victim", root_ / "bert/owner");
  EXPECT_THAT(error_of(root_ / "bert"), HasSubstr("owner"));
  EXPECT_EQ(fs::file_size(root_ / "victim"), 8U);
}

TEST_F(RunDirectoryTest, BadNamesAreRefusedBeforeAnythingIsCreated) {
  for (const char* name : {"a b", "a\nb", "\x1b[31m", "..", "caf\xc3\xa9", "=cmd()"}) {
    EXPECT_THROW(RunDirectory::acquire(FileSystem::posix(), root_ / "x" / name), UsageError)
        << name;
  }
  EXPECT_FALSE(fs::exists(root_ / "x"));
}

TEST(RunName, AllowsAHundredPlainCharacters) {
  EXPECT_TRUE(valid_run_name("bert-base_v1.2"));
  EXPECT_TRUE(valid_run_name(std::string(100, 'a')));
  for (const std::string& name : {std::string(), std::string(101, 'a'), std::string("."),
                                  std::string(".."), std::string("a/b"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(valid_run_name(name));
  }
}

}  // namespace
}  // namespace tpretrain::testing
