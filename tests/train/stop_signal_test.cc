#include "train/stop_signal.h"

#include <csignal>

#include <gtest/gtest.h>

#include "base/child.h"

namespace tpretrain {
namespace {

TEST(StopSignal, RemembersTheFirstSignal) {
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) {
    const StopSignal signals;
    EXPECT_EQ(StopSignal::received(), 0) << "an earlier signal is forgotten";
    raise(number);
    EXPECT_EQ(StopSignal::received(), number);
  }
}

TEST(StopSignal, TheSecondSignalEndsTheProcess) {
  const ChildResult result = run_child([] {
    const StopSignal signals;
    raise(SIGTERM);
    raise(SIGINT);
    return 0;
  });
  EXPECT_EQ(result.status, 128 + SIGINT);
}

TEST(StopSignal, PutsTheHandlersBack) {
  const ChildResult result = run_child([] {
    { const StopSignal signals; }
    raise(SIGTERM);
    return 0;
  });
  EXPECT_EQ(result.status, 128 + SIGTERM) << "the default ends the process";
}

TEST(StopSignal, ABrokenPipeIsNotTheEnd) {
  const ChildResult result = run_child([] {
    const StopSignal signals;
    raise(SIGPIPE);
    return 7;
  });
  EXPECT_EQ(result.status, 7);
}

}  // namespace
}  // namespace tpretrain
