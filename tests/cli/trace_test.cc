#include <cmath>
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

struct BatchTensor {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  std::string bytes;
};

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// A safetensors file.
std::string batch_file(const std::vector<BatchTensor>& tensors) {
  Json header = Json::object();
  std::string data;
  for (const BatchTensor& tensor : tensors) {
    header[tensor.name] = {{"dtype", tensor.dtype},
                           {"shape", tensor.shape},
                           {"data_offsets", {data.size(), data.size() + tensor.bytes.size()}}};
    data += tensor.bytes;
  }
  const std::string text = header.dump();
  return bytes_of(std::vector<uint64_t>{text.size()}) + text + data;
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

TEST(Trace, OfPicturesNeedsNoOrdinals) {
  const Project project;
  project.write("classes.yaml", R"(name: classes
seed: 1
data: {processor: {image_class: {image: {size: 8}}}}
model:
  parts:
    embedding: {view: image, embedding: [{patch: {size: 4, resolution: 8}}, position]}
    encoder: {encoder: {transformer: {layers: 1, hidden: 16, heads: 2, ffn: 32, dropout: 0}}}
  passes:
    image: {input: embedding, encoder: encoder, pool: mean}
  target: {classify: {classes: 4}}
train: {threads: 1}
)");
  project.write(
      "batch.st",
      batch_file({{"class.label", "I64", {3}, bytes_of(std::vector<int64_t>{0, 3, 1})},
                  {"image.pixels", "U8", {3, 8, 8, 3}, std::string(3 * 8 * 8 * 3, 'a')}}));
  const ProgramResult result =
      project.run({"trace", "classes.yaml", "--batch", "batch.st", "-o", "t.st", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NEAR(Json::parse(result.out).at("losses").at("loss.classify").get<double>(), std::log(4.0),
              1e-5)
      << "the head starts at zero";
  EXPECT_EQ(header_of(project.read("t.st")).at("batch.ordinal").at("shape"), Json::array({3}));
}

TEST(Trace, CountsTheSamplesOfSequencesThatNameThem) {
  const Project project;
  const auto trace_of = [&project](const std::vector<int32_t>& owners) {
    project.write(
        "batch.st",
        batch_file(
            {{"mlm.labels", "I32", {1}, bytes_of(std::vector<int32_t>{6})},
             {"mlm.rows", "I32", {1}, bytes_of(std::vector<int32_t>{2})},
             {"text.ids", "I32", {6}, bytes_of(std::vector<int32_t>{5, 6, 7, 8, 9, 10})},
             {"text.offsets", "I32", {4}, bytes_of(std::vector<int32_t>{0, 2, 4, 6})},
             {"text.sample", "I32", {3}, bytes_of(owners)},
             {"text.segment", "I32", {6}, bytes_of(std::vector<int32_t>{0, 0, 0, 0, 0, 0})}}));
    return project.run({"trace", "recipe.yaml", "--set", "model.target=[mlm]", "--batch",
                        "batch.st", "-o", "t.st"});
  };
  const ProgramResult result = trace_of({0, 0, 1});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(header_of(project.read("t.st")).at("batch.ordinal").at("shape"), Json::array({2}));
  expect_failure(trace_of({0, 0, 3}), 65, "`text.sample` must be I32 [S] with numbers below S");
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
