#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(Preprocess, MakesTokenFilesOfEverySourceInTheRecipe) {
  const Project project;
  const ProgramResult result = project.run({"preprocess", "recipe.yaml", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json outputs = Json::parse(result.out).at("outputs");
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs.at(0).at("documents"), 60);
  EXPECT_EQ(outputs.at(0).at("sentences"), 240);
  EXPECT_EQ(outputs.at(1).at("documents"), 12);
  for (const char* name : {"train.bin", "train.idx", "train.manifest.json", "valid.bin"}) {
    EXPECT_TRUE(std::filesystem::exists(project.path() / "tokens" / name)) << name;
  }
}

TEST(Preprocess, OfFilesGivesTheBytesOfTheRecipe) {
  const Project project;
  project.preprocess();
  const ProgramResult result = project.run(
      {"preprocess", "--wordpiece", "vocab.txt", "--lowercase", "train.txt", "-o", "by_hand"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(project.read("by_hand.bin"), project.read("tokens/train.bin"));
  EXPECT_EQ(project.read("by_hand.idx"), project.read("tokens/train.idx"));
}

TEST(Preprocess, RefusesToReplaceUnlessTold) {
  const Project project;
  project.preprocess();
  expect_failure(project.run({"preprocess", "recipe.yaml", "-q"}), 73, "tokens/train");
  EXPECT_EQ(project.run({"preprocess", "recipe.yaml", "-q", "--overwrite"}).status, 0);
}

TEST(Preprocess, FlagsForTextFilesAreRefusedBesideARecipe) {
  const Project project;
  expect_failure(
      project.run({"preprocess", "recipe.yaml", "--form", "sentences", "--lowercase", "-q"}), 64,
      "not for a recipe: --form, --lowercase");
  EXPECT_FALSE(std::filesystem::exists(project.path() / "tokens"));
  expect_failure(project.run({"preprocess", "recipe.yaml", "--wordpiece", "vocab.txt", "-o", "x"}),
                 64, "'recipe.yaml' is a recipe, but with --wordpiece and --output");
}

TEST(Preprocess, OutputsBesideTheInputsAreNoInputs) {
  const Project project;
  project.write("corpus/m.txt", "the dog \xff sees .\n" + project.read("train.txt"));
  const ProgramResult result =
      project.run({"preprocess", "--wordpiece", "vocab.txt", "corpus/*", "-o", "corpus/a"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("1 invalid_utf8, first at byte corpus/m.txt:"), std::string::npos)
      << result.err;
}

TEST(Preprocess, NeedsBothOrNeitherOfVocabularyAndOutput) {
  const Project project;
  expect_failure(project.run({"preprocess", "--wordpiece", "vocab.txt", "train.txt"}), 64,
                 "--output");
  expect_failure(project.run({"preprocess", "recipe.yaml", "train.txt"}), 64, "one recipe");
}

}  // namespace
}  // namespace tpretrain
