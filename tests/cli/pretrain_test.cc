#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(Pretrain, EndsWithItsResult) {
  const Project project;
  project.preprocess();
  const ProgramResult result = project.run({"pretrain", "recipe.yaml", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json document = Json::parse(result.out);
  EXPECT_EQ(document.at("step"), 6);
  EXPECT_EQ(document.at("run"), "runs/small");
  EXPECT_GT(document.at("train").at("loss.mlm"), 0);
  EXPECT_GT(document.at("valid").at("loss"), 0);
  EXPECT_GT(document.at("baseline").at("unigram").at("loss.mlm"), 0);
  EXPECT_NE(result.err.find("runs/small"), std::string::npos);
  for (const char* name : {"recipe.yaml", "resolved.yaml", "metrics.jsonl", "ledger"}) {
    EXPECT_TRUE(std::filesystem::exists(project.path() / "runs/small" / name)) << name;
  }
}

TEST(Pretrain, GoesOnWhereItWasStopped) {
  const Project project;
  project.preprocess();
  const ProgramResult first = project.run({"pretrain", "recipe.yaml", "--stop-at", "3", "--json"});
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(Json::parse(first.out).at("step"), 3);
  const ProgramResult second =
      project.run({"pretrain", "recipe.yaml", "--resume", "must", "--json"});
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_NE(second.err.find("resumed from step 3"), std::string::npos) << second.err;
  const ProgramResult whole = project.run({"pretrain", "recipe.yaml", "--run", "whole", "--json"});
  EXPECT_EQ(Json::parse(second.out).at("train"), Json::parse(whole.out).at("train"));
}

TEST(Pretrain, AsksToBeRequeuedWhenItsTimeIsUp) {
  const Project project;
  project.preprocess();
  const ProgramResult result = project.run(
      {"pretrain", "recipe.yaml", "--set", "train.duration=100000 steps", "--max-time", "1s"});
  EXPECT_EQ(result.status, 75) << result.err;
  const std::string last = lines_of(result.err).back();
  EXPECT_TRUE(last.starts_with("tpretrain: FATAL rank=0")) << last;
  EXPECT_NE(last.find(" code=75 "), std::string::npos) << last;
  const Json record = Json::parse(project.read("runs/small/exit/rank-0.json"));
  EXPECT_EQ(record.at("code"), 75);
  EXPECT_GT(record.at("step"), 0);
}

TEST(Pretrain, ASuccessTakesTheRecordOfAnEarlierFailureAway) {
  const Project project;
  project.preprocess();
  std::filesystem::create_directories(project.path() / "runs/small");
  expect_failure(project.run({"pretrain", "recipe.yaml", "--resume", "must"}), 66, "--resume must");
  const auto record = project.path() / "runs/small/exit/rank-0.json";
  EXPECT_TRUE(std::filesystem::exists(record));
  ASSERT_EQ(project.run({"pretrain", "recipe.yaml"}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(record));
}

TEST(Pretrain, FreshKeepsTheOldRunAside) {
  const Project project;
  project.pretrain();
  const ProgramResult result = project.run({"pretrain", "recipe.yaml", "--fresh"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("started runs/small"), std::string::npos) << result.err;
  EXPECT_TRUE(std::filesystem::exists(project.path() / "runs/small.old-1/ledger"));
}

}  // namespace
}  // namespace tpretrain
