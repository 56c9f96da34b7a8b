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

}  // namespace
}  // namespace tpretrain
