// Kills, failing disks and little memory.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include "data/text/token_store.h"
#include "tests/base/child.h"
#include "tests/data/text/sample_corpus.h"
#include "tests/train/checkpoint/faulty_file_system.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using namespace testing;

constexpr int kKilled = 128 + SIGKILL;

struct Outcome {
  int status = 0;
  int64_t resumed_bytes = 0;
  int64_t text_bytes = 0;
};

/// Failpoints are read once in a process, so every run has its own child.
class PreprocessFaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    text_ = as_sentences(sample_documents(2000));
    size_ = static_cast<int64_t>(text_.size());
    job_.options.corpus.files = {job_.folder.write("corpus.txt", text_).string()};
    job_.options.corpus.chunk = size_ / 100;
    ASSERT_EQ(run().status, 0);
    expected_ = job_.bytes();
    remove_output();
    job_.options.overwrite = false;
    job_.options.part = size_ / 50;
  }

  Outcome run(const std::string& failpoint = {}) {
    const ChildResult child = run_child([&] {
      ::setenv("TPRETRAIN_FAILPOINT", failpoint.c_str(), 1);
      const PreprocessReport report = job_.run();
      std::fprintf(stderr, "%lld %lld", static_cast<long long>(report.resumed_bytes),
                   static_cast<long long>(report.counts.bytes));
      return 0;
    });
    Outcome outcome;
    outcome.status = child.status;
    std::istringstream(child.error_text) >> outcome.resumed_bytes >> outcome.text_bytes;
    return outcome;
  }

  void remove_output() {
    for (const char* suffix : {".bin", ".idx", ".manifest.json"}) {
      std::filesystem::remove(job_.options.output.string() + suffix);
    }
  }

  std::string text_;
  int64_t size_ = 0;
  SampleJob job_;
  std::string expected_;
};

class PreprocessKillTest : public PreprocessFaultTest {
 protected:
  void SetUp() override {
#if !defined(TPRETRAIN_FAILPOINTS)
    GTEST_SKIP() << "built without failpoints";
#endif
    PreprocessFaultTest::SetUp();
  }
};

TEST_F(PreprocessKillTest, KilledAtHalfTheSecondRunRepeatsLessThanATenth) {
  ASSERT_EQ(run("preprocess.chunk:50:kill").status, kKilled);
  EXPECT_FALSE(std::filesystem::exists(job_.options.output.string() + ".bin"));
  const Outcome second = run();
  EXPECT_LE(size_ / 2 - second.resumed_bytes, size_ / 10);
  EXPECT_GT(second.resumed_bytes, 0);
  EXPECT_TRUE(job_.bytes() == expected_);
}

TEST_F(PreprocessKillTest, KilledAnywhereTheBytesAreTheSame) {
  for (const char* failpoint :
       {"preprocess.commit:1:kill", "preprocess.commit:2:kill", "preprocess.chunk:1:kill",
        "preprocess.chunk:99:kill", "preprocess.rename:1:kill"}) {
    ASSERT_EQ(run(failpoint).status, kKilled) << failpoint;
    ASSERT_EQ(run().status, 0) << failpoint;
    EXPECT_TRUE(job_.bytes() == expected_) << failpoint;
    remove_output();
  }
}

TEST_F(PreprocessKillTest, SeveralKillsInOneJobAddUp) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(run("preprocess.chunk:20:kill").status, kKilled);
  }
  EXPECT_GE(run().resumed_bytes, size_ * 7 / 10);
  EXPECT_TRUE(job_.bytes() == expected_);
}

TEST_F(PreprocessKillTest, AChangedSourceIsNotMixedWithOldWork) {
  ASSERT_EQ(run("preprocess.chunk:50:kill").status, kKilled);
  job_.folder.write("corpus.txt", "w1\n" + text_);
  const Outcome second = run();
  EXPECT_EQ(second.resumed_bytes, 0);
  EXPECT_EQ(second.text_bytes, size_ + 3);
}

TEST_F(PreprocessKillTest, WhatAnotherJobLeftIsNoLeaveToOverwrite) {
  ASSERT_EQ(run().status, 0);
  job_.options.overwrite = true;
  job_.options.corpus.files = {job_.folder.write("other.txt", "w1\n" + text_).string()};
  ASSERT_EQ(run("preprocess.chunk:50:kill").status, kKilled);
  job_.options.overwrite = false;
  job_.options.corpus.files = {job_.folder.write("third.txt", "w1\n").string()};
  EXPECT_THROW(job_.run(), OutputError);
  EXPECT_TRUE(job_.bytes() == expected_);
}

TEST_F(PreprocessFaultTest, OneJobWritesAnOutputAtATime) {
  {
    const text::TokenStore other(FileSystem::posix(), job_.options.output.string() + ".partial",
                                 "{}", false);
    try {
      job_.run();
      ADD_FAILURE() << "both write";
    } catch (const OutputError& error) {
      EXPECT_NE(std::string(error.what()).find("another process writes here"), std::string::npos);
    }
  }
  job_.run();
  EXPECT_TRUE(job_.bytes() == expected_);
}

TEST_F(PreprocessFaultTest, AFolderOfSomebodyElseStays) {
  const std::filesystem::path notes = job_.options.output.string() + ".partial/notes";
  std::filesystem::create_directories(notes.parent_path());
  FileSystem::posix().write_new(notes, "mine");
  EXPECT_THROW(job_.run(), OutputError);
  EXPECT_TRUE(std::filesystem::exists(notes));
}

TEST_F(PreprocessFaultTest, AfterAnyFailedCallTheNextRunGivesTheSameBytes) {
  job_.options.part = size_ / 6;
  for (const FaultKind kind : {FaultKind::kCreate, FaultKind::kWrite, FaultKind::kShortWrite,
                               FaultKind::kSync, FaultKind::kClose, FaultKind::kRename}) {
    for (const int hit : {1, 3, 9}) {
      FaultyFileSystem files(FileSystem::posix());
      files.arm(kind, hit);
      try {
        preprocess(job_.options, *job_.tokenizer, {}, files);
        EXPECT_FALSE(files.fired());
      } catch (const IoError&) {
        job_.run();
      }
      EXPECT_TRUE(job_.bytes() == expected_) << static_cast<int>(kind) << " " << hit;
      remove_output();
    }
  }
}

/// From here on this process gets at most `bytes` more of memory.
void limit_memory(int64_t bytes) {
  std::ifstream status("/proc/self/status");
  rlim_t held = 0;
  for (std::string word; status >> word && held == 0;) {
    if (word == "VmData:") {
      status >> held;
    }
  }
  const rlim_t most = held * 1024 + static_cast<rlim_t>(bytes);
  const rlimit limit{most, most};
  setrlimit(RLIMIT_DATA, &limit);
}

/// Peak resident memory of a run in a child that gets `bound` bytes and no more, in bytes above
/// what the child began with.
int64_t peak_of_run(const SampleJob& job, int64_t bound) {
  const ChildResult result = run_child([&] {
    limit_memory(bound);
    rusage before{};
    rusage after{};
    ::getrusage(RUSAGE_SELF, &before);
    job.run();
    ::getrusage(RUSAGE_SELF, &after);
    const std::string text = std::to_string((after.ru_maxrss - before.ru_maxrss) * 1024);
    return ::write(STDERR_FILENO, text.data(), text.size()) > 0 ? 0 : 1;
  });
  EXPECT_EQ(result.status, 0);
  return std::atoll(result.error_text.c_str());
}

TEST_F(PreprocessFaultTest, MemoryStaysBelowTheBoundHoweverLargeTheCorpus) {
#if defined(TPRETRAIN_SANITIZED)
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  job_.options.corpus.chunk = 64 << 10;
  job_.options.part = 0;
  job_.options.overwrite = true;
  const int64_t bound = preprocess_memory_bound(job_.options, 1000);
  std::string large;
  while (static_cast<int64_t>(large.size()) < 4 * bound / 8) {
    large += text_;
  }
  for (const char* name : {"small.txt", "large.txt"}) {
    const bool small = name[0] == 's';
    job_.options.corpus.files = {
        job_.folder.write(name, small ? large.substr(0, large.size() / 4) : large).string()};
    const int64_t peak = peak_of_run(job_, bound);
    EXPECT_LE(peak, bound) << name;
    // Far below: what the run holds does not grow with the corpus.
    EXPECT_LE(peak, int64_t{48} << 20) << name;
  }
}

}  // namespace
}  // namespace tpretrain
