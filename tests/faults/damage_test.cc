#include "faults/training.h"

namespace tpretrain {
namespace {

TEST(Damage, OneFlippedBitMakesTheCheckpointBeforeItLoad) {
  const Training training;
  const Trace whole = training.finish("whole");
  ASSERT_EQ(training.train("run", {"--stop-at", "15"}).status, 0);
  training.damage("run", 15);
  const ProgramResult result = training.train("run");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("rejected"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("step-0000015"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("resumed from step 10"), std::string::npos) << result.err;
  expect_same(training.trace("run"), whole, "one flipped bit");
}

TEST(Damage, ALedgerWithoutACheckpointIsNeverASilentRestart) {
  const Training training;
  ASSERT_EQ(training.train("run", {"--stop-at", "5"}).status, 0);
  std::filesystem::remove_all(training.path("run") / "checkpoints");
  const ProgramResult result = training.train("run");
  expect_failure(result, 66, "checkpoint");
  EXPECT_FALSE(std::filesystem::exists(training.checkpoint("run", kSteps)));
}

TEST(Damage, NothingGoodLeftIsAnError) {
  const Training training;
  ASSERT_EQ(training.train("run", {"--stop-at", "10"}).status, 0);
  training.damage("run", 5);
  training.damage("run", 10);
  EXPECT_EQ(training.train("run").status, 66);
}

TEST(Damage, AFullDiskDuringACheckpointIsAWarning) {
  const Training training;
  const Trace whole = training.finish("whole");
  const ProgramResult result =
      training.train("run", {}, {{"TPRETRAIN_FAILPOINT", "checkpoint.file_written:1:enospc"}});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("step 5 could not be saved, training goes on"), std::string::npos)
      << result.err;
  EXPECT_FALSE(std::filesystem::exists(training.checkpoint("run", 5)));
  EXPECT_EQ(training.ledger("run"), (std::vector<int64_t>{10, 15, 20, 25, 30}));
  expect_same(training.trace("run"), whole, "full disk");
}

TEST(Damage, ADiskThatStaysFullEndsTheRunWithAnIoError) {
  const Training training;
  const ProgramResult result = training.train("run", {},
                                              {{"TPRETRAIN_FAILPOINT",
                                                "checkpoint.file_written:1:enospc,"
                                                "checkpoint.file_written:2:enospc,"
                                                "checkpoint.file_written:3:enospc"}});
  expect_failure(result, 74, "No space left on device");
}

TEST(Damage, AStateAtTheEndThatCanNotBeSavedIsAnIoError) {
  const Training training;
  const Trace whole = training.finish("whole");
  // Two files a checkpoint: these are the first ones of the two tries at the last step.
  const ProgramResult result = training.train("run", {},
                                              {{"TPRETRAIN_FAILPOINT",
                                                "checkpoint.file_written:11:enospc,"
                                                "checkpoint.file_written:12:enospc"}});
  expect_failure(result, 74, "the state of step 30 could not be committed");
  EXPECT_EQ(training.ledger("run").back(), 25);
  expect_same(training.finish("run"), whole, "full disk at the end");
}

TEST(Damage, AStepThatDoesNotFitTheRecipeMovesNothing) {
  const Training training;
  training.finish("run");
  const ProgramResult result = training.train("run", {"--resume", "20", "--set", "seed=9"});
  expect_failure(result, 78, "seed was 1, but is 9");
  EXPECT_TRUE(std::filesystem::exists(training.checkpoint("run", kSteps)));
  EXPECT_EQ(training.ledger("run").back(), kSteps);
}

TEST(Damage, AFreshStartLeavesAJobThatRunsAlone) {
  const Training training;
  Job first(training.call("run", {}, {{"TPRETRAIN_FAILPOINT", "train.step_done:7:sleep=600"}}),
            training.path("first.log"));
  ASSERT_TRUE(first.reaches("committed step=5")) << first.log();
  expect_failure(training.train("run", {"--fresh"}), 73, "is in use by");
  EXPECT_TRUE(std::filesystem::exists(training.checkpoint("run", 5)));
  EXPECT_FALSE(std::filesystem::exists(training.path("run.old-1")));
}

TEST(Damage, AFreshStartThatFindsNoDataLeavesTheEarlierRunInPlace) {
  const Training training;
  training.finish("run");
  const ProgramResult result =
      training.train("run", {"--fresh", "--set", "tokenizer.wordpiece.vocab=gone.txt"});
  expect_failure(result, 78, "gone.txt");
  expect_failure(training.train("run", {"--fresh", "--set", "train.batch=100000"}), 65,
                 "fewer than one global batch");
  EXPECT_TRUE(std::filesystem::exists(training.checkpoint("run", kSteps)));
  EXPECT_FALSE(std::filesystem::exists(training.path("run.old-1")));
  EXPECT_FALSE(std::filesystem::exists(training.path("run/exit/rank-0.json")))
      << "the earlier run did not fail";
}

TEST(Damage, ASecondJobOnOneRunIsTurnedAway) {
  const Training training;
  Job first(training.call("run", {}, {{"TPRETRAIN_FAILPOINT", "train.step_done:7:sleep=600"}}),
            training.path("first.log"));
  ASSERT_TRUE(first.reaches("committed step=5")) << first.log();
  const ProgramResult second = training.train("run");
  expect_failure(second, 73, "run");
  EXPECT_EQ(training.ledger("run"), std::vector<int64_t>{5});
}

TEST(Damage, AResumeNamesWhatWasChanged) {
  const Training training;
  training.train("run", {"--stop-at", "10"});
  const ProgramResult result =
      training.train("run", {"--stop-at", "15", "--set", "model.encoder.transformer.heads=1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("model.parts.encoder.encoder.transformer.heads: 2 -> 1"),
            std::string::npos)
      << result.err;
}

TEST(Damage, OtherSamplesOfTheSameDataAreOtherData) {
  const Training training;
  training.train("run", {"--stop-at", "10"});
  const std::vector<std::string> shorter = {"--set", "data.processor.sentence_pair.length=16"};
  expect_failure(training.train("run", shorter), 78, "number of samples");
  std::vector<std::string> allowed = shorter;
  allowed.insert(allowed.end(), {"--allow", "data-change", "--stop-at", "15"});
  EXPECT_EQ(training.train("run", allowed).status, 0);
}

}  // namespace
}  // namespace tpretrain
