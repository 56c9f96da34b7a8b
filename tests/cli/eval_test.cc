#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(Eval, OfTheNewestCheckpointGivesTheLastValidation) {
  const Project project;
  project.preprocess();
  const ProgramResult train = project.run({"pretrain", "recipe.yaml", "--json"});
  ASSERT_EQ(train.status, 0) << train.err;
  const Json trained = Json::parse(train.out);
  for (const std::string what : {"recipe.yaml", "runs/small"}) {
    const ProgramResult result = project.run({"eval", what, "--json"});
    ASSERT_EQ(result.status, 0) << result.err;
    const Json document = Json::parse(result.out);
    EXPECT_EQ(document.at("step"), 6);
    EXPECT_EQ(document.at("valid"), trained.at("valid"));
    EXPECT_EQ(document.at("baseline"), trained.at("baseline"));
  }
}

TEST(Eval, TakesOneStepOrAFile) {
  const Project project;
  project.pretrain();
  const ProgramResult fourth = project.run({"eval", "runs/small", "--step", "4", "--json"});
  ASSERT_EQ(fourth.status, 0) << fourth.err;
  EXPECT_EQ(Json::parse(fourth.out).at("step"), 4);
  const ProgramResult file = project.run({"eval", "recipe.yaml", "--json", "--weights",
                                          "runs/small/checkpoints/step-0000004/model.safetensors"});
  ASSERT_EQ(file.status, 0) << file.err;
  EXPECT_EQ(Json::parse(file.out).at("valid"), Json::parse(fourth.out).at("valid"));
  EXPECT_EQ(Json::parse(file.out).at("step"), nullptr);
}

TEST(Eval, ShowsTheUnigramPredictorBeside) {
  const Project project;
  project.pretrain();
  const ProgramResult result = project.run({"eval", "runs/small"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("model    mlm "), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("unigram  mlm "), std::string::npos) << result.out;
}

TEST(Eval, ARunWithoutCheckpointIsAnError) {
  const Project project;
  project.preprocess();
  expect_failure(project.run({"eval", "recipe.yaml"}), 66, "runs/small has no checkpoint");
  expect_failure(project.run({"eval", "tokens"}), 78, "is no run directory");
}

}  // namespace
}  // namespace tpretrain
