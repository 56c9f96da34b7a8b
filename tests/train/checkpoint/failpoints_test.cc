/// The failpoints of a commit, each in a process of its own, as a kill test sees them.

#include <algorithm>
#include <cstdlib>
#include <sys/wait.h>

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "tests/train/checkpoint/testing.h"
#include "tpretrain/base/error.h"

#if defined(TPRETRAIN_FAILPOINTS)

namespace tpretrain::testing {
namespace {

/// In memory where that is possible: a killed process loses nothing that needs a disk.
fs::path scratch_run() {
  const fs::path memory = "/dev/shm";
  return (fs::exists(memory) ? memory : fs::path(::testing::TempDir())) /
         ("tpretrain_failpoints_test_" + std::to_string(getuid()));
}

void damage(const fs::path& run, int64_t step) {
  fs::resize_file(CheckpointReader(FileSystem::posix(), run).directory(step) / "model.safetensors",
                  1);
}

/// What the child does: commits step 4, whose damaged forerunner is in the way. Failpoints are read
/// once a process, so the child is a new start of this program, not a fork alone.
TEST(FailpointChild, DISABLED_CommitsStepFour) {
  int code = 0;
  try {
    CheckpointStore store(FileSystem::posix(), scratch_run(), "child", quiet(2));
    store.sweep();
    store.resume();
    const auto writer = store.begin(4);
    for (const auto& name : default_files()) {
      const std::string content = content_of(4, name) + std::string(kCheckpointChunk, 'x');
      const auto file = writer->add_file(name);
      file->write(content.data(), content.size());
      file->close();
    }
    writer->commit(info_of(4));
  } catch (const IoError&) {
    code = 3;
  }
  _exit(code);
}

/// The wait status of a child that meets the failpoint.
int run_child(const std::string& failpoint) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("TPRETRAIN_FAILPOINT", failpoint.c_str(), 1);
    execl("/proc/self/exe", "checkpoint_test", "--gtest_also_run_disabled_tests",
          "--gtest_filter=FailpointChild.*", "--gtest_brief=1", nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

class CommitFailpoint : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    fs::remove_all(scratch_run());
    fs::create_directories(scratch_run());
    CheckpointStore store(FileSystem::posix(), scratch_run(), "before", quiet(5));
    for (int64_t step = 1; step <= 4; ++step) {
      commit_step(store, step);
    }
    damage(scratch_run(), 4);
  }

  void TearDown() override { fs::remove_all(scratch_run()); }

  void expect_usable(bool committed) {
    CheckpointStore store(FileSystem::posix(), scratch_run(), "after", quiet(2));
    store.sweep();
    const auto found = store.resume();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->step(), committed ? 4 : 3);
    commit_step(store, 5);
    EXPECT_EQ(store.resume()->step(), 5);
    for (const auto& name : FileSystem::posix().list(scratch_run() / "checkpoints")) {
      EXPECT_EQ(name.find(".tmp."), std::string::npos) << name;
      EXPECT_EQ(name.find(".del."), std::string::npos) << name;
    }
  }

  /// True for points after the rename of step 4.
  bool after_rename() const {
    const std::vector<std::string> names(kCheckpointFailpoints.begin(),
                                         kCheckpointFailpoints.end());
    const auto position = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name);
    };
    return position(GetParam()) >= position("checkpoint.renamed");
  }
};

TEST_P(CommitFailpoint, AKillLeavesAGoodCheckpoint) {
  const int status = run_child(std::string(GetParam()) + ":1:kill");
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the point was not passed";
  expect_usable(after_rename());
}

TEST_P(CommitFailpoint, AnErrorLeavesAGoodCheckpoint) {
  const int status = run_child(std::string(GetParam()) + ":1:eio");
  ASSERT_TRUE(WIFEXITED(status));
  const std::string point = GetParam();
  const bool retention = point.find("retention") != std::string::npos;
  EXPECT_EQ(WEXITSTATUS(status), retention ? 0 : 3);
  // An error between the rename and the end of the fsync discards what was renamed.
  expect_usable(after_rename() && point != "checkpoint.renamed");
}

INSTANTIATE_TEST_SUITE_P(All, CommitFailpoint, ::testing::ValuesIn(kCheckpointFailpoints),
                         [](const auto& info) {
                           std::string name = info.param;
                           return name.substr(name.find('.') + 1);
                         });

}  // namespace
}  // namespace tpretrain::testing

#endif
