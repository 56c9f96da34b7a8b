#include "cli/project.h"

namespace tpretrain {
namespace {

ProgramResult call(const std::vector<std::string>& arguments) {
  return run_program({.arguments = arguments});
}

TEST(CommandLine, HelpShowsCommandsAndExamples) {
  const ProgramResult help = call({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* text : {"list", "compose", "pretrain", "tokenizer", "Examples:"}) {
    EXPECT_NE(help.out.find(text), std::string::npos) << text;
  }
  EXPECT_EQ(help.out.find("docs"), std::string::npos) << "a hidden command";
  const ProgramResult sub = call({"pretrain", "--help"});
  EXPECT_EQ(sub.status, 0);
  EXPECT_NE(sub.out.find("--max-time"), std::string::npos);
  EXPECT_NE(sub.out.find("Examples:"), std::string::npos);
}

TEST(CommandLine, VersionGoesToStdout) {
  const ProgramResult version = call({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_TRUE(version.out.starts_with("tpretrain 0.")) << version.out;
  EXPECT_EQ(version.err, "");
}

TEST(CommandLine, UnknownCommandNamesTheNearest) {
  expect_failure(call({"pretrian", "recipe.yaml"}), 64, "did you mean 'pretrain'?");
  expect_failure(call({"tokenizer", "trian"}), 64, "did you mean 'train'?");
}

TEST(CommandLine, UnknownFlagNamesTheNearest) {
  expect_failure(call({"pretrain", "recipe.yaml", "--stop-aft", "3"}), 64,
                 "unknown option '--stop-aft'; did you mean '--stop-at'?");
}

TEST(CommandLine, MissingCommandsAndArgumentsAreNamed) {
  expect_failure(call({}), 64, "a command is missing");
  expect_failure(call({"tokenizer"}), 64, "known: train, encode");
  expect_failure(call({"pretrain"}), 64, "recipe is required");
}

TEST(CommandLine, BadValuesAreUsageErrors) {
  expect_failure(call({"compose", "recipe.yaml", "--form", "ful"}), 64, "--form");
  expect_failure(call({"pretrain", "recipe.yaml", "--max-time", "long"}), 64, "--max-time");
  for (const std::string time : {"-1h", "0", "0 s"}) {
    expect_failure(call({"pretrain", "recipe.yaml", "--max-time=" + time}), 64,
                   "--max-time must be more than 0, but is '" + time + "' instead.");
  }
  expect_failure(call({"pretrain", "recipe.yaml", "--fresh", "--resume", "must"}), 64, "--fresh");
  expect_failure(call({"list", "encodr"}), 64, "did you mean 'encoder'?");
  expect_failure(call({"describe", "encoder.transformr"}), 64,
                 "did you mean 'encoder.transformer'?");
}

TEST(CommandLine, QuietSilencesAllButTheResult) {
  const Project project;
  const ProgramResult told = project.run({"preprocess", "recipe.yaml", "--json"});
  EXPECT_NE(told.err, "");
  const ProgramResult result =
      project.run({"preprocess", "recipe.yaml", "--overwrite", "--json", "-q"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(Json::accept(result.out)) << result.out;
}

TEST(CommandLine, JsonLogIsOneObjectALine) {
  const Project project;
  const ProgramResult result = project.run({"preprocess", "recipe.yaml", "--log-format", "json"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_FALSE(result.err.empty());
  for (const std::string& line : lines_of(result.err)) {
    EXPECT_TRUE(Json::accept(line)) << line;
  }
}

/// Exit status of a line for the shell in which `$TP` is the program.
int shell(const std::string& line) {
  const int status = std::system(("TP=" TPRETRAIN_PROGRAM "; " + line).c_str());
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(CommandLine, TheStatusIsTheSameWhenNothingCanBeSaid) {
  EXPECT_EQ(shell("$TP compose nothing.yaml 2>&-"), 78);
  EXPECT_EQ(shell("$TP compose nothing.yaml 2>/dev/full"), 78);
  EXPECT_EQ(shell("$TP list >&- 2>&-"), 74);
}

TEST(CommandLine, HelpThatCannotBeWrittenIsAnError) {
  EXPECT_EQ(shell("$TP --help >/dev/full 2>/dev/null"), 74);
  EXPECT_EQ(shell("$TP --version >/dev/full 2>/dev/null"), 74);
}

TEST(CommandLine, AFileThatMayNotGrowIsAnErrorOfItsWrite) {
  const Project project;
  project.preprocess();
  const std::string folder = "cd " + project.path().string() + "; ulimit -f 1; ";
  EXPECT_EQ(shell(folder + "$TP trace recipe.yaml -o t 2>/dev/null"), 74);
  EXPECT_FALSE(std::filesystem::exists(project.path() / "t.tmp"));
}

}  // namespace
}  // namespace tpretrain
