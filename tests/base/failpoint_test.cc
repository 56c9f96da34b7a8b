#include <csignal>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "base/child.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"

namespace tpretrain {
namespace {

#if defined(TPRETRAIN_FAILPOINTS)

// Hits `name` `hits` times in a child with the given setting; its stderr names the error thrown.
ChildResult hit(const char* setting, const char* name, int hits) {
  return run_child([&] {
    setenv("TPRETRAIN_FAILPOINT", setting, 1);
    try {
      for (int i = 0; i < hits; ++i) {
        failpoint(name);
      }
    } catch (const Error& error) {
      dprintf(STDERR_FILENO, "%s", error.what());
      return static_cast<int>(exit_status(error.code()));
    }
    return 0;
  });
}

TEST(Failpoint, ActsAtItsHitOnly) {
  EXPECT_EQ(hit("save:3:throw", "save", 2).status, 0);
  EXPECT_EQ(hit("save:3:throw", "save", 3).status, 70);
  EXPECT_EQ(hit("save:1:throw", "load", 3).status, 0);
  EXPECT_EQ(hit("load:1:throw,save:2:throw", "save", 2).status, 70);
  EXPECT_EQ(hit("", "save", 1).status, 0);
}

TEST(Failpoint, SignalsEndTheProcess) {
  EXPECT_EQ(hit("save:1:kill", "save", 1).status, 128 + SIGKILL);
  EXPECT_EQ(hit("save:1:term", "save", 1).status, 128 + SIGTERM);
}

TEST(Failpoint, StopHaltsUntilContinued) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("TPRETRAIN_FAILPOINT", "save:1:stop", 1);
    failpoint("save");
    _exit(5);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  EXPECT_TRUE(WIFSTOPPED(status));
  kill(child, SIGCONT);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST(Failpoint, IoActionsThrowTheMatchingError) {
  const ChildResult full = hit("save:1:enospc", "save", 1);
  EXPECT_EQ(full.status, 74);
  EXPECT_EQ(full.error_text, std::string("failpoint 'save': ") + std::strerror(ENOSPC));
  const ChildResult broken = hit("save:1:eio", "save", 1);
  EXPECT_EQ(broken.status, 74);
  EXPECT_EQ(broken.error_text, std::string("failpoint 'save': ") + std::strerror(EIO));
}

TEST(Failpoint, SleepGoesOn) {
  EXPECT_EQ(hit("save:1:sleep=0.01", "save", 2).status, 0);
}

TEST(Failpoint, WrongSettingsAreUsageErrors) {
  for (const char* setting : {"save", "save:1", "save:0:throw", "save:x:throw", "save:1:explode",
                              "save:1:sleep=x", "save:1:throw,"}) {
    EXPECT_EQ(hit(setting, "save", 1).status, 64) << setting;
  }
}

#else

TEST(Failpoint, IsNothingInThisBuild) {
  EXPECT_NO_THROW(failpoint("any"));
}

#endif

}  // namespace
}  // namespace tpretrain
