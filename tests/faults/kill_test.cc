#include "faults/training.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/train/checkpoint.h"

namespace tpretrain {
namespace {

constexpr int kKilled = 128 + SIGKILL;

/// Resumes and checks that no step that the ledger named is done again and that the end has the
/// bits of a run that nobody disturbed.
void expect_recovers(const Training& training, const std::string& run, const Trace& whole,
                     const std::string& what, const std::vector<std::string>& more = {}) {
  const std::vector<int64_t> committed = training.ledger(run);
  const ProgramResult result = training.train(run, more);
  ASSERT_EQ(result.status, 0) << what << "\n" << result.err;
  if (!committed.empty()) {
    const std::string resumed = "resumed from step ";
    const size_t at = result.err.find(resumed);
    ASSERT_NE(at, std::string::npos) << what << "\n" << result.err;
    EXPECT_GE(std::stoll(result.err.substr(at + resumed.size())), committed.back()) << what;
  }
  expect_same(training.trace(run), whole, what);
  for (const auto& entry :
       std::filesystem::directory_iterator(training.path(run) / "checkpoints")) {
    EXPECT_EQ(entry.path().filename().string().find(".tmp."), std::string::npos)
        << what << " left " << entry.path();
  }
}

TEST(Kill, AtEveryPointOfACommitTheEndHasTheSameBits) {
  const Training training;
  const Trace whole = training.finish("whole");
  for (const std::string point : kCheckpointFailpoints) {
    if (point == "checkpoint.moved_aside" || point == "checkpoint.chunk_written") {
      continue;  // not passed by a small model without damage: the next two tests
    }
    const ProgramResult killed =
        training.train(point, {}, {{"TPRETRAIN_FAILPOINT", point + ":2:kill"}});
    ASSERT_EQ(killed.status, kKilled) << point << " was not reached twice\n" << killed.err;
    expect_recovers(training, point, whole, point);
  }
}

TEST(Kill, AfterAChunkOfALargeFileTheEndHasTheSameBits) {
  const Training training;
  const std::vector<std::string> large = {"--set", "model.encoder.transformer.hidden=128", "--set",
                                          "model.encoder.transformer.ffn=1024"};
  const Trace whole = training.finish("whole", large);
  const ProgramResult killed =
      training.train("run", large, {{"TPRETRAIN_FAILPOINT", "checkpoint.chunk_written:2:kill"}});
  ASSERT_EQ(killed.status, kKilled) << killed.err;
  expect_recovers(training, "run", whole, "chunk written", large);
}

TEST(Kill, WhileADamagedCheckpointIsMovedAsideTheEndHasTheSameBits) {
  const Training training;
  const Trace whole = training.finish("whole");
  ASSERT_EQ(training.train("run", {"--stop-at", "10"}).status, 0);
  training.damage("run", 10);
  const ProgramResult killed =
      training.train("run", {}, {{"TPRETRAIN_FAILPOINT", "checkpoint.moved_aside:1:kill"}});
  ASSERT_EQ(killed.status, kKilled) << killed.err;
  expect_same(training.finish("run"), whole, "moved aside");
}

TEST(Kill, BetweenTwoStepsTheEndHasTheSameBits) {
  const Training training;
  const Trace whole = training.finish("whole");
  for (const std::string hit : {"1", "7", "30"}) {
    const std::string run = "after" + hit;
    const ProgramResult killed =
        training.train(run, {}, {{"TPRETRAIN_FAILPOINT", "train.step_done:" + hit + ":kill"}});
    ASSERT_EQ(killed.status, kKilled) << hit;
    expect_recovers(training, run, whole, "after step " + hit);
  }
}

TEST(Kill, AtThirtyRandomInstantsTheEndHasTheSameBits) {
  const Training training;
  const auto start = std::chrono::steady_clock::now();
  const Trace whole = training.finish("whole");
  std::chrono::duration<double> length = std::chrono::steady_clock::now() - start;
  int killed = 0;
  for (uint64_t i = 0; killed < 30; ++i) {
    ASSERT_LT(i, 120U) << "most runs ended before they could be killed";
    const std::string run = "run" + std::to_string(i);
    const auto instant = CounterRng(1, i).uniform() * length;
    Job job(training.call(run), training.path(run + ".log"));
    std::this_thread::sleep_for(instant);
    job.send(SIGKILL);
    if (job.wait() != kKilled) {
      length *= 0.8;  // the machine has become faster since the run that was timed
      continue;
    }
    ++killed;
    expect_recovers(training, run, whole,
                    run + " killed after " + std::to_string(instant.count()) + " s");
  }
}

}  // namespace
}  // namespace tpretrain
