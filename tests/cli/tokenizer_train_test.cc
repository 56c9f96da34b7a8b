#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(TokenizerTrain, OfFilesAndOfARecipeGiveTheSameVocabulary) {
  const Project project;
  std::filesystem::remove(project.path() / "vocab.txt");
  const ProgramResult files = project.run({"tokenizer", "train", "--size", "40", "--lowercase",
                                           "train.txt", "-o", "by_hand.txt", "--json"});
  ASSERT_EQ(files.status, 0) << files.err;
  const ProgramResult recipe =
      project.run({"tokenizer", "train", "recipe.yaml", "--set", "tokenizer.wordpiece.size=40"});
  ASSERT_EQ(recipe.status, 0) << recipe.err;
  const std::string vocabulary = project.read("vocab.txt");
  EXPECT_EQ(vocabulary, project.read("by_hand.txt"));
  EXPECT_EQ(lines_of(vocabulary).size(), Json::parse(files.out).at("pieces"));
  EXPECT_NE(vocabulary.find("[MASK]\n"), std::string::npos);
}

TEST(TokenizerTrain, KeepsAVocabularyThatIsThere) {
  const Project project;
  const std::string before = project.read("vocab.txt");
  expect_failure(project.run({"tokenizer", "train", "recipe.yaml"}), 73, "vocab.txt");
  EXPECT_EQ(project.read("vocab.txt"), before);
  EXPECT_EQ(
      project.run({"tokenizer", "train", "recipe.yaml", "--size", "45", "--overwrite"}).status, 0);
  EXPECT_NE(project.read("vocab.txt"), before);
}

TEST(TokenizerTrain, TakesNoRecipeForTextAndNoFlagsOfTextForARecipe) {
  const Project project;
  expect_failure(project.run({"tokenizer", "train", "recipe.yaml", "--size", "45", "-o", "v.txt"}),
                 64, "'recipe.yaml' is a recipe, but with --output the inputs are text files");
  EXPECT_FALSE(std::filesystem::exists(project.path() / "v.txt"));
  expect_failure(project.run({"tokenizer", "train", "recipe.yaml", "--overwrite", "--cased"}), 64,
                 "not for a recipe: --cased");
}

TEST(TokenizerTrain, OfFilesNeedsASize) {
  const Project project;
  expect_failure(project.run({"tokenizer", "train", "train.txt", "-o", "v.txt"}), 64, "--size");
}

}  // namespace
}  // namespace tpretrain
