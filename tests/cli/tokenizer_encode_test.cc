#include "cli/project.h"

namespace tpretrain {
namespace {

/// the 5, old 6, dog 9, "." 25: lines of the vocabulary from 0.
TEST(TokenizerEncode, WritesOneObjectALine) {
  const Project project;
  project.write("text.txt", "the old dog.\n\nTHE");
  const ProgramResult result =
      project.run({"tokenizer", "encode", "--wordpiece", "vocab.txt", "--lowercase", "text.txt"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "{\"ids\": [2, 5, 6, 9, 25, 3]}\n{\"ids\": [2, 3]}\n{\"ids\": [2, 5, 3]}\n");
}

TEST(TokenizerEncode, ReadsStandardInputWithoutSpecialTokens) {
  const Project project;
  const ProgramResult result = project.run(
      {"tokenizer", "encode", "--wordpiece", "vocab.txt", "--no-special", "-"}, "THE dog [MASK]\n");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "{\"ids\": [1, 9, 4]}\n") << "cased unless --lowercase";
}

TEST(TokenizerEncode, TakesTheTokenizerOfARecipe) {
  const Project project;
  const ProgramResult result =
      project.run({"tokenizer", "encode", "--recipe", "recipe.yaml", "--no-special", "-"}, "THE\n");
  EXPECT_EQ(result.out, "{\"ids\": [5]}\n") << result.err;
  expect_failure(
      project.run({"tokenizer", "encode", "--recipe", "recipe.yaml", "--lowercase", "-"}, "THE\n"),
      64, "--lowercase go with --wordpiece");
}

TEST(TokenizerEncode, ShowsThePiecesAsJson) {
  const Project project;
  const ProgramResult result = project.run(
      {"tokenizer", "encode", "--wordpiece", "vocab.txt", "--json", "-"}, "the fox\n\n");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "{\"ids\":[2,5,1,3],\"tokens\":[\"[CLS]\",\"the\",\"[UNK]\",\"[SEP]\"]}\n"
            "{\"ids\":[2,3],\"tokens\":[\"[CLS]\",\"[SEP]\"]}\n");
}

TEST(TokenizerEncode, TakesLinesOfUpTo16MiB) {
  const Project project;
  const std::string longest(size_t{16} << 20, ' ');
  project.write("longest.txt", longest);
  const std::vector<std::string> arguments = {"tokenizer", "encode",       "--wordpiece",
                                              "vocab.txt", "--no-special", "longest.txt"};
  EXPECT_EQ(project.run(arguments).out, "{\"ids\": []}\n");
  project.write("longest.txt", "the\n" + longest + "\n" + longest + " \n");
  const ProgramResult result = project.run(arguments);
  expect_failure(result, 65, "longest.txt: line 3 must have at most 16.0 MiB");
  EXPECT_EQ(lines_of(result.out).size(), 2U) << "what came before is there";
}

/// A merge list of one merge: 512 is "ca", 513 and 514 begin and end a text.
TEST(TokenizerEncode, ClipsTokensStandBetweenBeginAndEnd) {
  const Project project;
  project.write("merges.txt", "#version: 1\nc a\n");
  const ProgramResult result =
      project.run({"tokenizer", "encode", "--clip-bpe", "merges.txt", "-"}, "CAT\n");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "{\"ids\": [513, 512, 339, 514]}\n");
  expect_failure(
      project.run({"tokenizer", "encode", "--clip-bpe", "merges.txt", "--lowercase", "-"}), 64,
      "--lowercase go with --wordpiece");
  expect_failure(project.run({"tokenizer", "encode", "--sentencepiece", "vocab.txt", "-"}), 65,
                 "vocab.txt is no SentencePiece model");
}

TEST(TokenizerEncode, NeedsATokenizerAndAFile) {
  const Project project;
  expect_failure(project.run({"tokenizer", "encode", "train.txt"}), 64,
                 "--sentencepiece or --recipe");
  expect_failure(project.run({"tokenizer", "encode", "--wordpiece", "vocab.txt", "none.txt"}), 78,
                 "none.txt does not exist");
}

}  // namespace
}  // namespace tpretrain
