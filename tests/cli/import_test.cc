#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(Import, OfAnExportIsTheSameModel) {
  const Project project;
  project.pretrain();
  ASSERT_EQ(project.run({"export", "--to", "hf", "runs/small", "recipe.yaml", "-o", "hf"}).status,
            0);
  const ProgramResult result = project.run(
      {"import", "--from", "hf", "hf", "recipe.yaml", "-o", "again.safetensors", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report.at("family"), "bert");
  EXPECT_TRUE(report.at("missing").empty());
  EXPECT_TRUE(report.at("unexpected").empty());
  EXPECT_EQ(project.read("again.safetensors"),
            project.read("runs/small/checkpoints/step-0000006/model.safetensors"));
}

TEST(Import, TellsWhatIsMissingAndTakesTheRestWhenAsked) {
  const Project project;
  project.pretrain();
  ASSERT_EQ(project.run({"export", "--to", "hf", "runs/small", "recipe.yaml", "-o", "hf"}).status,
            0);
  const std::vector<std::string> whole = {"import",
                                          "--from",
                                          "hf",
                                          "hf",
                                          "recipe.yaml",
                                          "-o",
                                          "two.safetensors",
                                          "--set",
                                          "model.encoder.transformer.layers=2"};
  expect_failure(project.run(whole), 65, "missing 'encoder.layers.1.attention.qkv.weight'");
  std::vector<std::string> partial = whole;
  partial.push_back("--partial");
  const ProgramResult result = project.run(partial);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("missing  encoder.layers.1.ffn.norm.bias"), std::string::npos)
      << result.out;
}

TEST(Import, NeedsAFileThatFits) {
  const Project project;
  const auto try_import = [&project](const std::string& from) {
    return project.run({"import", "--from", "hf", from, "recipe.yaml", "-o", "o.safetensors"});
  };
  expect_failure(try_import("none.safetensors"), 78, "none.safetensors does not exist");
  expect_failure(try_import("."), 78, "has no model.safetensors");
  expect_failure(try_import("train.txt"), 65, "train.txt");
  expect_failure(project.run({"import", "hf", "recipe.yaml", "-o", "o.safetensors"}), 64, "--from");
}

}  // namespace
}  // namespace tpretrain
