#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(Export, WritesWeightsAndConfig) {
  const Project project;
  project.pretrain();
  const ProgramResult result =
      project.run({"export", "--to", "hf", "runs/small", "recipe.yaml", "-o", "hf", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report.at("family"), "bert");
  EXPECT_EQ(report.at("files").size(), 2u);
  const Json config = Json::parse(project.read("hf/config.json"));
  EXPECT_EQ(config.at("model_type"), "bert");
  EXPECT_EQ(config.at("vocab_size"), 26);
  EXPECT_EQ(config.at("num_attention_heads"), 2);
  EXPECT_EQ(config.at("intermediate_size"), 32);
  EXPECT_EQ(project.run({"export", "--to", "hf", "runs/small", "recipe.yaml", "-o", "hf"}).status,
            0)
      << "over an older export";
}

TEST(Export, RefusesWhatWouldComputeSomethingElseThere) {
  const Project project;
  project.pretrain();
  expect_failure(project.run({"export", "--to", "hf", "runs/small", "recipe.yaml", "-o", "out",
                              "--set", "model.encoder.transformer.causal=true"}),
                 78, "`encoder.causal` must be false in a bert model of hf, but is true instead.");
  EXPECT_FALSE(std::filesystem::exists(project.path() / "out/model.safetensors"));
}

TEST(Export, WritesTiedLayersEachByItself) {
  const Project project;
  const std::string tie = "model.tie={encoder.layers.1: encoder.layers.0}";
  const std::string layers = "model.encoder.transformer.layers=2";
  project.preprocess();
  ASSERT_EQ(project.run({"pretrain", "recipe.yaml", "-q", "--set", layers, "--set", tie}).status,
            0);
  const ProgramResult result = project.run({"export", "--to", "hf", "runs/small", "recipe.yaml",
                                            "-o", "hf", "--set", layers, "--set", tie});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(Json::parse(project.read("hf/config.json")).at("num_hidden_layers"), 2);
  EXPECT_NE(project.read("hf/model.safetensors").find("bert.encoder.layer.1.output.dense.weight"),
            std::string::npos);
}

TEST(Export, SaysWhatHasNoPlaceThere) {
  const Project project;
  project.pretrain();
  expect_failure(
      project.run({"export", "--to", "open_clip", "runs/small", "recipe.yaml", "-o", "out"}), 78,
      "open_clip has no place for");
  expect_failure(project.run({"export", "--to", "hf", "train.txt", "recipe.yaml", "-o", "out"}), 65,
                 "train.txt");
  expect_failure(
      project.run({"export", "--to", "hf", "train.txt", "recipe.yaml", "-o", "out", "--step", "2"}),
      64, "--step goes with a run directory");
}

}  // namespace
}  // namespace tpretrain
