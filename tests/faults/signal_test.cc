#include "faults/training.h"

namespace tpretrain {
namespace {

const Environment kSlow = {{"TPRETRAIN_FAILPOINT", "train.step_done:8:sleep=2"}};
const char* const kCommitted = "committed step=5";

TEST(Signal, TheFirstOneCommitsAndAsksToBeRequeued) {
  const Training training;
  const Trace whole = training.finish("whole");
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    const std::string run = "signal" + std::to_string(signal);
    Job job(training.call(run, {}, kSlow), training.path(run + ".log"));
    ASSERT_TRUE(job.reaches(kCommitted)) << job.log();
    job.send(signal);
    EXPECT_EQ(job.wait(), 75) << job.log();
    const std::vector<int64_t> ledger = training.ledger(run);
    ASSERT_EQ(ledger.size(), 2U) << "the step where it stopped is committed";
    EXPECT_LT(ledger.back(), kSteps);
    EXPECT_TRUE(std::filesystem::exists(training.checkpoint(run, ledger.back())));
    expect_same(training.finish(run), whole, run);
  }
}

TEST(Signal, BeforeTheFirstStepItIsHeardToo) {
  const Training training;
  const Trace whole = training.finish("whole");
  const ProgramResult result =
      training.train("run", {}, {{"TPRETRAIN_FAILPOINT", "train.inputs_open:1:term"}});
  EXPECT_EQ(result.status, 75) << result.err;
  EXPECT_EQ(training.ledger("run"), std::vector<int64_t>{0});
  expect_same(training.finish("run"), whole, "stopped before the first step");
}

TEST(Signal, BeforeAFreshStartTheEarlierRunStays) {
  const Training training;
  training.finish("run");
  const ProgramResult result =
      training.train("run", {"--fresh"}, {{"TPRETRAIN_FAILPOINT", "train.inputs_open:1:term"}});
  EXPECT_EQ(result.status, 75) << result.err;
  EXPECT_NE(result.err.find("the earlier run is in place"), std::string::npos) << result.err;
  EXPECT_TRUE(std::filesystem::exists(training.checkpoint("run", kSteps)));
  EXPECT_FALSE(std::filesystem::exists(training.path("run.old-1")));
}

TEST(Signal, TheSecondOneEndsAtOnce) {
  const Training training;
  const Trace whole = training.finish("whole");
  // The program sleeps in its step, so that the first signal alone can not end it in time.
  Job job(training.call("run", {}, {{"TPRETRAIN_FAILPOINT", "train.step_done:8:stop"}}),
          training.path("run.log"));
  ASSERT_TRUE(job.reaches(kCommitted)) << job.log();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  job.send(SIGTERM);
  job.send(SIGINT);
  job.send(SIGCONT);
  EXPECT_GT(job.wait(), 128) << job.log();
  EXPECT_EQ(training.ledger("run"), std::vector<int64_t>{5}) << "nothing was committed after";
  expect_same(training.finish("run"), whole, "after two signals");
}

TEST(Signal, TimeThatIsUpIsLikeASignal) {
  const Training training;
  const Trace whole = training.finish("whole");
  const ProgramResult result = training.train(
      "run", {"--max-time", "1s"}, {{"TPRETRAIN_FAILPOINT", "train.step_done:7:sleep=1.5"}});
  EXPECT_EQ(result.status, 75) << result.err;
  ASSERT_FALSE(training.ledger("run").empty());
  EXPECT_LE(training.ledger("run").back(), 7);
  expect_same(training.finish("run"), whole, "after --max-time");
}

}  // namespace
}  // namespace tpretrain
