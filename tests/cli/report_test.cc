#include "cli/project.h"

namespace tpretrain {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Report, OfARunIsOnePageWithCurvesAndOrigins) {
  const Project project;
  project.pretrain();
  const ProgramResult result = project.run({"report", "runs/small"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "runs/small/report.html\n");
  const std::string page = project.read("runs/small/report.html");
  EXPECT_TRUE(has(page, "<h1>small</h1>"));
  EXPECT_TRUE(has(page, "aria-label=\"mlm\"")) << "the curve of a target";
  EXPECT_TRUE(has(page, "aria-label=\"learning rate\""));
  EXPECT_TRUE(has(page, "<th>unigram</th>")) << "the predictor of the last validation";
  EXPECT_TRUE(has(page, "<td>  duration: 6 steps</td><td>recipe.yaml:14:3</td>"));
  EXPECT_TRUE(has(page, "<td>  skip_limit: 10</td><td>default</td>"));
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_FALSE(has(page, "http://"));
  EXPECT_FALSE(has(page, "https://"));
}

TEST(Report, OfTheSameRunHasTheSameBytes) {
  const Project project;
  project.pretrain();
  ASSERT_EQ(project.run({"report", "runs/small", "-o", "pages/a.html"}).status, 0);
  ASSERT_EQ(project.run({"report", "runs/small", "-o", "b.html"}).status, 0);
  EXPECT_EQ(project.read("pages/a.html"), project.read("b.html"));
  EXPECT_FALSE(std::filesystem::exists(project.path() / "runs/small/report.html"));
}

TEST(Report, SaysWhichValuesTheCommandLineGave) {
  const Project project;
  project.preprocess();
  ASSERT_EQ(project.run({"pretrain", "recipe.yaml", "--set", "train.clip=2", "-q"}).status, 0);
  ASSERT_EQ(project.run({"report", "runs/small"}).status, 0);
  EXPECT_TRUE(
      has(project.read("runs/small/report.html"), "<td>  clip: 2</td><td>set at start</td>"));
}

TEST(Report, ShowsTheResolvedRecipePlainlyWhenItsBaseIsElsewhere) {
  const Project project;
  project.preprocess();
  project.write("child.yaml", "extends: recipe.yaml\nname: child\n");
  ASSERT_EQ(project.run({"pretrain", "child.yaml", "-q"}).status, 0);
  const ProgramResult result = project.run({"report", "runs/child"});
  ASSERT_EQ(result.status, 0) << result.err;
  const std::string page = project.read("runs/child/report.html");
  EXPECT_TRUE(has(page, "does not resolve in the run directory"));
  EXPECT_TRUE(has(page, "<td>  duration: 6 steps</td><td></td>"));
}

TEST(Report, OfWhatIsNoRunIsAnErrorThatSaysSo) {
  const Project project;
  expect_failure(project.run({"report", "nothing"}), 78, "it has no metrics.jsonl");
  expect_failure(project.run({"report", "recipe.yaml"}), 78, "it has no metrics.jsonl");
  std::filesystem::create_directories(project.path() / "folder/metrics.jsonl");
  expect_failure(project.run({"report", "folder"}), 74, "is not a regular file");
}

TEST(Report, OfADirectoryThatCannotBeReadNamesIt) {
  const Project project;
  project.write("closed/metrics.jsonl", "{}\n");
  std::filesystem::permissions(project.path() / "closed", std::filesystem::perms::none);
  const ProgramResult result = run_program({.arguments = {"report", "closed"},
                                            .folder = project.path(),
                                            .environment = {},
                                            .input = "",
                                            .unprivileged = true});
  std::filesystem::permissions(project.path() / "closed", std::filesystem::perms::all);
  expect_failure(result, 74, "closed/metrics.jsonl");
}

TEST(Report, WhereThePageCannotBeWrittenIsAnError) {
  const Project project;
  project.write("run/metrics.jsonl", "{\"schema\":1,\"run\":\"r\"}\n");
  project.write("file", "");
  expect_failure(project.run({"report", "run", "-o", "file/report.html"}), 73, "file/report.html");
}

}  // namespace
}  // namespace tpretrain
