#include <cstring>

#include "cli/project.h"

namespace tpretrain {
namespace {

/// The JSON header of a safetensors file.
Json header_of(const std::string& bytes) {
  uint64_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  return Json::parse(bytes.substr(8, size));
}

TEST(Trace, WritesOutputsLossesAndGradients) {
  const Project project;
  project.preprocess();
  const ProgramResult result =
      project.run({"trace", "recipe.yaml", "--grad", "-o", "t.safetensors", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json header = header_of(project.read("t.safetensors"));
  for (const char* name : {"main.hidden", "main.pooled", "loss", "loss.mlm", "count.mlm",
                           "batch.text.ids", "batch.mlm.rows", "grad.target.nsp.classifier.bias"}) {
    EXPECT_TRUE(header.contains(name)) << name;
  }
  EXPECT_EQ(header.at("main.hidden").at("shape").at(1), 16);
  EXPECT_FALSE(header.contains("grad.target.mlm.output.weight")) << "tied: its owner has it";
}

TEST(Trace, OfItsOwnBatchIsTheSameFile) {
  const Project project;
  project.preprocess();
  ASSERT_EQ(project.run({"trace", "recipe.yaml", "--grad", "-o", "a.safetensors"}).status, 0);
  std::filesystem::remove(project.path() / "vocab.txt");
  const ProgramResult again = project.run(
      {"trace", "recipe.yaml", "--grad", "--batch", "a.safetensors", "-o", "b.safetensors"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(project.read("a.safetensors"), project.read("b.safetensors"));
}

TEST(Trace, TakesTrainedWeights) {
  const Project project;
  project.pretrain();
  const auto loss = [&project](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"trace", "recipe.yaml", "-o", "t.safetensors", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = project.run(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return Json::parse(result.out).at("losses").at("loss.mlm").get<double>();
  };
  EXPECT_NE(loss({}), loss({"--weights", "runs/small/checkpoints/step-0000006/model.safetensors"}));
}

TEST(Trace, RefusesAMissingOrDamagedBatch) {
  const Project project;
  expect_failure(project.run({"trace", "recipe.yaml", "--batch", "none", "-o", "t"}), 78,
                 "none does not exist");
  project.write("bad.safetensors", "not a header");
  expect_failure(project.run({"trace", "recipe.yaml", "--batch", "bad.safetensors", "-o", "t"}), 65,
                 "bad.safetensors");
}

}  // namespace
}  // namespace tpretrain
