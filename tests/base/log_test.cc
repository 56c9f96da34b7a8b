#include "tpretrain/base/log.h"

#include <csignal>
#include <cstdlib>
#include <regex>
#include <sys/wait.h>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include "base/child.h"
#include "base/temporary_folder.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using testing::HasSubstr;
using testing::Not;

// What a child writes to its stderr, a pipe.
std::string logged(const std::function<void()>& body) {
  return run_child([&] {
           body();
           return 0;
         })
      .error_text;
}

// The same, but stderr is a terminal of 40 columns.
std::string logged_on_terminal(const std::function<void()>& body) {
  winsize size{};
  size.ws_col = 40;
  size.ws_row = 10;
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    body();
    _exit(0);
  }
  std::string out;
  char buffer[1024];
  for (ssize_t count = 0; (count = read(terminal, buffer, sizeof buffer)) > 0;) {
    out.append(buffer, static_cast<size_t>(count));
  }
  close(terminal);
  waitpid(child, nullptr, 0);
  return out;
}

bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_match(text, std::regex(pattern));
}

TEST(Log, LinesHaveTimeAreaAndTheLevelOfTrouble) {
  const std::string text = logged([] {
    log::info("train", "step 1");
    log::warn("data", "slow");
    log::error("data", "gone");
    log::debug("data", "hidden");
  });
  const std::string time = R"(\[\d\d:\d\d:\d\d\] )";
  EXPECT_TRUE(matches(text, time + R"(\[train\] step 1\n)" + time + R"(\[data\] warning: slow\n)" +
                                time + R"(\[data\] error: gone\n)"))
      << text;
}

TEST(Log, LevelHoldsBackWhatIsBelow) {
  const std::string text = logged([] {
    log::configure({.level = log::Level::kWarn});
    log::info("a", "one");
    log::warn("a", "two");
    log::configure({.level = log::Level::kOff});
    log::error("a", "three");
    log::configure({.level = log::Level::kDebug});
    log::debug("a", "four");
  });
  EXPECT_THAT(text, Not(HasSubstr("one")));
  EXPECT_THAT(text, HasSubstr("two"));
  EXPECT_THAT(text, Not(HasSubstr("three")));
  EXPECT_THAT(text, HasSubstr("four"));
}

TEST(Log, ControlCharactersAreEscaped) {
  const std::string text = logged([] { log::info("a\n", "x\x1b[2J\ny gr\xC3\xBC\xC3\x9F \xff"); });
  EXPECT_THAT(text, HasSubstr("[a\\x0a] x\\x1b[2J\\x0ay gr\xC3\xBC\xC3\x9F \\xff\n"));
}

TEST(Log, JsonIsOneObjectALine) {
  const std::string text = logged([] {
    log::configure({.format = log::Format::kJson});
    log::warn("train", "say \"hi\" \\ \n");
  });
  EXPECT_TRUE(matches(
      text,
      R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","level":"warning","rank":0,"area":"train",)"
      R"("message":"say \\"hi\\" \\\\ \\\\x0a"\}\n)"))
      << text;
}

TEST(Log, OtherRanksWriteOnlyToTheirFile) {
  const TemporaryFolder folder;
  const std::string text = logged([&] {
    log::configure({.rank = 1});
    log::open_file(folder.path() / "log.rank1.txt");
    log::info("train", "from rank 1");
  });
  EXPECT_EQ(text, "");
  EXPECT_THAT(read_file(folder.path() / "log.rank1.txt"), HasSubstr("[train] from rank 1\n"));
}

TEST(Log, FileIsAppendedAndHasNoColour) {
  const TemporaryFolder folder;
  folder.write("log", "before\n");
  logged_on_terminal([&] {
    log::open_file(folder.path() / "log");
    log::error("a", "after");
  });
  const std::string text = read_file(folder.path() / "log");
  EXPECT_EQ(text.substr(0, 7), "before\n");
  EXPECT_THAT(text, HasSubstr("[a] error: after\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Log, FileThatCannotBeOpenedIsAnOutputError) {
  EXPECT_THROW(log::open_file("/dev/null/log"), OutputError);
}

TEST(Log, FullDiskDoesNotStopTheRun) {
  const ChildResult child = run_child([] {
    log::open_file("/dev/full");
    log::info("a", "one");
    log::info("a", "two");
    return 7;
  });
  EXPECT_EQ(child.status, 7);
  EXPECT_THAT(child.error_text, HasSubstr("two"));
}

TEST(Log, ClosedPipeDoesNotStopTheRun) {
  const ChildResult child = run_child([] {
    int ends[2];
    if (pipe(ends) != 0) {
      return 1;
    }
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    signal(SIGPIPE, SIG_DFL);
    log::info("a", "one");
    log::Progress progress;
    progress.update("two", true);
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 0 ? 7 : 2;
  });
  EXPECT_EQ(child.status, 7);
}

TEST(Log, ColourMarksTroubleOnATerminalUnlessForbidden) {
  const std::string coloured = logged_on_terminal([] {
    log::info("a", "plain");
    log::error("a", "red");
  });
  EXPECT_THAT(coloured, HasSubstr("error: red\x1b[0m"));
  EXPECT_THAT(coloured, HasSubstr("\x1b[31m["));
  EXPECT_THAT(coloured, HasSubstr("plain\r\n"));
  const std::string plain = logged_on_terminal([] {
    setenv("NO_COLOR", "1", 1);
    log::error("a", "red");
  });
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
}

TEST(Progress, IsRedrawnInPlaceBelowTheLogLines) {
  const std::string text = logged_on_terminal([] {
    log::Progress progress;
    progress.update("step 1");
    log::info("a", "line");
    progress.update("step 2", true);
    progress.finish();
    progress.finish();
    log::info("a", "end");
  });
  EXPECT_TRUE(matches(text,
                      "\rstep 1\x1b\\[K"
                      "\r\\[[0-9:]+\\] \\[a\\] line\x1b\\[K\r\nstep 1"
                      "\rstep 2\x1b\\[K\r\n"
                      "\\[[0-9:]+\\] \\[a\\] end\r\n"))
      << text;
}

TEST(Progress, IsThrottledAndCutToTheTerminal) {
  const std::string text = logged_on_terminal([] {
    log::Progress progress;
    progress.update(std::string(30, 'a') + std::string(30, 'b'));
    for (int i = 0; i < 20; ++i) {
      progress.update("soon after");
    }
  });
  EXPECT_EQ(text, "\r" + std::string(30, 'a') + std::string(9, 'b') + "\x1b[K\r\n");
}

TEST(Progress, ElsewhereIsAPlainLineNowAndThen) {
  const std::string text = logged([] {
    log::Progress progress;
    for (int i = 0; i < 20; ++i) {
      progress.update("step " + std::to_string(i));
    }
    progress.update("last", true);
  });
  EXPECT_TRUE(matches(text, R"(\[[0-9:]+\] \[progress\] step 0\n\[[0-9:]+\] \[progress\] last\n)"))
      << text;
}

TEST(Progress, IsSilentOnOtherRanksAndWhenQuiet) {
  EXPECT_EQ(logged_on_terminal([] {
              log::configure({.rank = 1});
              log::Progress().update("a", true);
              log::configure({.level = log::Level::kWarn});
              log::Progress().update("b", true);
            }),
            "");
}

}  // namespace
}  // namespace tpretrain
