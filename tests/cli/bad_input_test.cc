// What users give by mistake: each is one readable line and the right exit status.
#include "cli/project.h"

namespace tpretrain {
namespace {

namespace fs = std::filesystem;

/// The recipe with `from` replaced by `to`, composed.
ProgramResult compose_with(const Project& project, const std::string& from, const std::string& to) {
  std::string text = Project::recipe();
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  project.write("bad.yaml", text.replace(at, from.size(), to));
  return project.run({"compose", "bad.yaml"});
}

void flip_byte(const fs::path& file, size_t offset) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  const int byte = stream.get();
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.put(static_cast<char>(byte ^ 1));
}

void cut(const fs::path& file, uintmax_t bytes) {
  fs::resize_file(file, fs::file_size(file) - bytes);
}

TEST(BadRecipe, UnknownKeyNamesTheNearest) {
  const Project project;
  const ProgramResult result = compose_with(project, "hidden: 16", "hiden: 16");
  expect_failure(result, 78, "did you mean 'hidden'?");
  EXPECT_NE(result.err.find("bad.yaml:10:"), std::string::npos) << "the line: " << result.err;
}

TEST(BadRecipe, WrongTypeIsNamed) {
  const Project project;
  expect_failure(compose_with(project, "hidden: 16", "hidden: many"), 78, "'many'");
}

TEST(BadRecipe, OutOfRangeShowsTheRange) {
  const Project project;
  expect_failure(compose_with(project, "ffn: 32, dropout: 0.1", "ffn: 32, dropout: 1.5"), 78,
                 "[0, 1)");
}

TEST(BadRecipe, PatternThatMatchesNothingIsAnError) {
  const Project project;
  expect_failure(compose_with(project, "  pool: ", "  freeze: [encodr.*]\n  pool: "), 78,
                 "encodr.*");
}

TEST(BadRecipe, AllFaultsAreReportedTogether) {
  const Project project;
  project.write("bad.yaml", "name: x\nmodle: {}\ntrain: {clip: -1}\n");
  const ProgramResult result = project.run({"compose", "bad.yaml"});
  EXPECT_EQ(result.status, 78);
  for (const char* part : {"bad.yaml:2:", "bad.yaml:3:", "'model' is missing"}) {
    EXPECT_NE(result.err.find(part), std::string::npos) << part << " in " << result.err;
  }
}

TEST(BadRecipe, TextThatIsNoYamlIsAnError) {
  const Project project;
  project.write("bad.yaml", "name: [x\n");
  expect_failure(project.run({"compose", "bad.yaml"}), 78, "bad.yaml:");
}

TEST(BadRecipe, WithoutATokenizerMakesNoSamples) {
  const Project project;
  project.write("bare.yaml", Project::recipe_without_tokenizer());
  const std::string fault = "needs a `tokenizer`, but the recipe has none";
  expect_failure(project.run({"pretrain", "bare.yaml", "-q"}), 78, fault);
  expect_failure(project.run({"eval", "bare.yaml"}), 78, fault);
  expect_failure(project.run({"trace", "bare.yaml", "-o", "t.safetensors"}), 78, fault);
}

TEST(MissingFile, IsNamed) {
  const Project project;
  expect_failure(project.run({"compose", "none.yaml"}), 78, "none.yaml");
  expect_failure(project.run({"pretrain", "recipe.yaml"}), 78, "tokens/train");
  expect_failure(project.run({"preprocess", "--wordpiece", "vocab.txt", "none.txt", "-o", "x"}), 78,
                 "none.txt");
  fs::remove(project.path() / "vocab.txt");
  expect_failure(project.run({"preprocess", "recipe.yaml"}), 78, "vocab.txt");
}

TEST(BadVocabulary, WithoutMaskIsNamed) {
  const Project project;
  project.write("vocab.txt", Project::vocabulary(false));
  project.preprocess();
  expect_failure(project.run({"pretrain", "recipe.yaml", "-q"}), 65, "has no [MASK] token");
}

TEST(BadVocabulary, OfAnotherSizeIsNamed) {
  const Project project;
  project.write("vocab.txt", Project::vocabulary(true) + "more\n");
  expect_failure(project.run({"preprocess", "recipe.yaml"}), 78, "27");
}

TEST(BadVocabulary, ThanThatOfTheTokenFilesIsNamed) {
  const Project project;
  project.preprocess();
  std::string vocabulary = Project::vocabulary(true);
  vocabulary.replace(vocabulary.find("dog"), 3, "fox");
  project.write("vocab.txt", vocabulary);
  expect_failure(project.run({"pretrain", "recipe.yaml", "-q"}), 78, "tokens/train");
}

TEST(BadCorpus, EmptyShowsTheExpectedFormat) {
  const Project project;
  project.write("train.txt", "\n\n");
  const ProgramResult result = project.run({"preprocess", "recipe.yaml", "-q"});
  expect_failure(result, 65, "train.txt");
  EXPECT_NE(result.err.find("hint: "), std::string::npos) << result.err;
}

TEST(BadCorpus, InAnotherFormatIsAnError) {
  const Project project;
  expect_failure(project.run({"preprocess", "--wordpiece", "vocab.txt", "--form", "jsonl",
                              "train.txt", "-o", "x", "-q"}),
                 65, "JSON");
}

TEST(BadCorpus, InvalidUtf8IsCountedAndNamed) {
  const Project project;
  project.write("train.txt", "the dog \xff sees .\n" + project.read("train.txt"));
  const ProgramResult result = project.run({"preprocess", "recipe.yaml"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("1 invalid_utf8, first at byte "), std::string::npos) << result.err;
  expect_failure(project.run({"preprocess", "recipe.yaml", "-q", "--overwrite", "--set",
                              "data.train.text.invalid_utf8=error"}),
                 65, "train.txt");
}

TEST(BadCorpus, ALineOf50MegabytesIsCountedAndNamed) {
  const Project project;
  project.write("train.txt", std::string(50'000'000, 'a') + "\n" + project.read("train.txt"));
  const ProgramResult result = project.run({"preprocess", "recipe.yaml"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("1 long_line, first at byte "), std::string::npos) << result.err;
  expect_failure(project.run({"preprocess", "recipe.yaml", "-q", "--overwrite", "--set",
                              "data.train.text.long_line=error"}),
                 65, "train.txt");
}

TEST(BadTokenFile, TruncatedBinIsNamed) {
  const Project project;
  project.preprocess();
  cut(project.path() / "tokens/train.bin", 7);
  expect_failure(project.run({"pretrain", "recipe.yaml", "-q"}), 65, "train.bin");
}

TEST(BadTokenFile, TruncatedIndexIsNamed) {
  const Project project;
  project.preprocess();
  cut(project.path() / "tokens/train.idx", 9);
  expect_failure(project.run({"pretrain", "recipe.yaml", "-q"}), 65, "train.idx");
}

TEST(BadTokenFile, CorruptHeaderIsNamed) {
  const Project project;
  project.preprocess();
  flip_byte(project.path() / "tokens/train.idx", 0);
  expect_failure(project.run({"pretrain", "recipe.yaml", "-q"}), 65, "train.idx");
}

TEST(BadTokenFile, IdOutsideTheVocabularyIsNamed) {
  const Project project;
  project.preprocess();
  {
    std::fstream bin(project.path() / "tokens/train.bin",
                     std::ios::in | std::ios::out | std::ios::binary);
    for (int i = 0; i < 2000; ++i) {
      bin.put('\x7f');
    }
  }
  expect_failure(project.run({"pretrain", "recipe.yaml", "-q"}), 65, "train.bin");
}

TEST(BadCheckpoint, WithOneFlippedByteThePreviousOneIsLoaded) {
  const Project project;
  project.pretrain();
  flip_byte(project.path() / "runs/small/checkpoints/step-0000006/model.safetensors", 5000);
  const ProgramResult result = project.run({"pretrain", "recipe.yaml"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("rejected"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("resumed from step 4"), std::string::npos) << result.err;
}

TEST(BadCheckpoint, WhenAllAreBadTheRunNeverStartsAgainSilently) {
  const Project project;
  project.pretrain();
  for (const char* step : {"step-0000004", "step-0000006"}) {
    flip_byte(project.path() / "runs/small/checkpoints" / step / "model.safetensors", 5000);
  }
  expect_failure(project.run({"pretrain", "recipe.yaml", "-q"}), 66, "runs/small");
}

TEST(BadCheckpoint, OfAnotherModelIsNamed) {
  const Project project;
  project.pretrain();
  expect_failure(
      project.run({"pretrain", "recipe.yaml", "-q", "--set", "model.encoder.transformer.ffn=64"}),
      78, "does not fit the recipe");
}

#if defined(TPRETRAIN_FAILPOINTS)
TEST(FullDisk, DuringACheckpointTrainingGoesOn) {
  const Project project;
  project.preprocess();
  const ProgramResult result =
      run_program({.arguments = {"pretrain", "recipe.yaml"},
                   .folder = project.path(),
                   .environment = {{"TPRETRAIN_FAILPOINT", "checkpoint.file_written:1:enospc"}}});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("could not be saved, training goes on"), std::string::npos)
      << result.err;
  EXPECT_FALSE(fs::exists(project.path() / "runs/small/checkpoints/step-0000002"));
  EXPECT_TRUE(fs::exists(project.path() / "runs/small/checkpoints/step-0000006"));
}
#endif

TEST(BadDirectory, ThatIsAFileIsNamed) {
  const Project project;
  project.preprocess();
  expect_failure(project.run({"pretrain", "recipe.yaml", "--run", "vocab.txt/run", "-q"}), 73,
                 "vocab.txt");
}

/// Stopped by permissions, also when the tests run as root.
ProgramResult unprivileged(const Project& project, const std::vector<std::string>& arguments) {
  return run_program({.arguments = arguments,
                      .folder = project.path(),
                      .environment = {},
                      .input = "",
                      .unprivileged = true});
}

TEST(BadDirectory, ThatMayNotBeUsedIsNamed) {
  const Project project;
  project.preprocess();
  constexpr auto kReadable = static_cast<fs::perms>(0555);
  fs::create_directory(project.path() / "locked");
  fs::permissions(project.path() / "locked", kReadable);
  expect_failure(unprivileged(project, {"pretrain", "recipe.yaml", "--run", "locked/run", "-q"}),
                 73, "locked");
  expect_failure(unprivileged(project, {"preprocess", "--wordpiece", "vocab.txt", "train.txt", "-o",
                                        "locked/x", "-q"}),
                 73, "locked");
  expect_failure(unprivileged(project, {"trace", "recipe.yaml", "-o", "locked/t", "-q"}), 73,
                 "locked/t");
  fs::create_directory(project.path() / "closed");
  fs::permissions(project.path() / "closed", fs::perms::none);
  expect_failure(unprivileged(project, {"preprocess", "--wordpiece", "vocab.txt", "closed/a.txt",
                                        "-o", "x", "-q"}),
                 74, "closed");
}

}  // namespace
}  // namespace tpretrain
