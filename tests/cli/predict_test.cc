#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(Predict, RanksTokensForEveryMask) {
  const Project project;
  project.pretrain();
  const ProgramResult result =
      project.run({"predict", "runs/small", "[MASK] dog sees the [MASK]", "-k", "26", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json document = Json::parse(result.out);
  EXPECT_EQ(document.at("target"), "mlm");
  const Json& answer = document.at("answers").at(0);
  EXPECT_EQ(answer.at("text"), "[MASK] dog sees the [MASK]");
  ASSERT_EQ(answer.at("masks").size(), 2U);
  EXPECT_EQ(answer.at("masks").at(0).at("position"), 1);
  EXPECT_EQ(answer.at("masks").at(1).at("position"), 5);
  double sum = 0;
  double before = 1;
  for (const Json& token : answer.at("masks").at(0).at("tokens")) {
    const double probability = token.at("probability");
    EXPECT_LE(probability, before);
    before = probability;
    sum += probability;
  }
  EXPECT_EQ(answer.at("masks").at(0).at("tokens").size(), 26U);
  EXPECT_NEAR(sum, 1, 1e-9) << "all of the vocabulary";
}

TEST(Predict, ReadsLinesOfStandardInput) {
  const Project project;
  project.pretrain();
  const ProgramResult result =
      project.run({"predict", "runs/small", "-k", "2"}, "the [MASK] runs .\n\na [MASK] sleeps .\n");
  ASSERT_EQ(result.status, 0) << result.err;
  const std::vector<std::string> lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 6U) << result.out;
  EXPECT_EQ(lines[0], "the [MASK] runs .");
  EXPECT_TRUE(lines[1].starts_with("  1.  ")) << lines[1];
  EXPECT_EQ(lines[3], "a [MASK] sleeps .");
}

TEST(Predict, NeedsATokenizer) {
  const Project project;
  project.write("bare.yaml", Project::recipe_without_tokenizer());
  expect_failure(project.run({"predict", "bare.yaml", "a [MASK]"}), 78,
                 "the recipe has no `tokenizer`");
}

TEST(Predict, RefusesATextWithoutMaskOrTooLong) {
  const Project project;
  project.pretrain();
  expect_failure(project.run({"predict", "runs/small", "no mask"}), 65, "has no [MASK]");
  std::string text = "[MASK]";
  for (int i = 0; i < 40; ++i) {
    text += " dog";
  }
  expect_failure(project.run({"predict", "runs/small", text}), 65,
                 "43 tokens, but the model reads 32 at most");
}

}  // namespace
}  // namespace tpretrain
