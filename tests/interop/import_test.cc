#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/interop/safetensors_testing.h"
#include "tests/interop/weights.h"
#include "tpretrain/base/error.h"
#include "tpretrain/interop/convert.h"

namespace tpretrain {
namespace {

const std::string kGolden = TP_SOURCE_DIR "/tests/golden/clip/";

std::vector<float> floats_of(const SafetensorsFile& file, const std::string& name) {
  const SafetensorsTensor& tensor = file.at(name);
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

ImportReport import_golden(const std::string& name, const std::string& library,
                           testing::Weights& weights, const ImportOptions& options = {}) {
  const SafetensorsFile file(kGolden + name);
  const auto slots = weights.slots();
  return import_weights(file, name, library, slots, options);
}

/// A file in memory with one tensor.
std::string one_tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                       const std::string& data) {
  return testing::file_bytes("{\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape +
                                 ",\"data_offsets\":[0," + std::to_string(data.size()) + "]}}",
                             data);
}

template <typename Number>
std::string bytes_of(std::initializer_list<Number> numbers) {
  return {reinterpret_cast<const char*>(std::data(numbers)), numbers.size() * sizeof(Number)};
}

TEST(ImportWeights, BothLibrariesGiveTheSameClip) {
  testing::Weights a = testing::clip_weights();
  testing::Weights b = testing::clip_weights();
  const ImportReport first = import_golden("clip_open_clip.safetensors", "open_clip", a);
  const ImportReport second = import_golden("clip_hf.safetensors", "hf", b);
  EXPECT_EQ(first.family, "clip");
  EXPECT_EQ(second.family, "clip");
  for (const ImportReport& report : {first, second}) {
    EXPECT_EQ(report.loaded.size(), a.slots().size());
    EXPECT_TRUE(report.missing.empty());
    EXPECT_TRUE(report.unexpected.empty());
    EXPECT_TRUE(report.resized.empty());
  }
  for (const WeightSlot& slot : a.slots()) {
    EXPECT_EQ(a[slot.name], b[slot.name]) << slot.name;
  }
}

TEST(ImportWeights, BothLibrariesGiveTheSameSiglipAndVit) {
  testing::Weights a = testing::siglip_weights();
  testing::Weights b = testing::siglip_weights();
  EXPECT_EQ(import_golden("siglip_open_clip.safetensors", "open_clip", a).family, "siglip");
  EXPECT_EQ(import_golden("siglip_hf.safetensors", "hf", b).family, "siglip");
  for (const WeightSlot& slot : a.slots()) {
    EXPECT_EQ(a[slot.name], b[slot.name]) << slot.name;
  }
  testing::Weights tower = testing::vit_weights("image.");
  testing::Weights alone = testing::vit_weights("");
  EXPECT_TRUE(import_golden("vit_timm.safetensors", "timm", tower).unexpected.empty());
  EXPECT_TRUE(import_golden("vit_hf.safetensors", "hf", alone).unexpected.empty());
  for (const WeightSlot& slot : alone.slots()) {
    const bool target = slot.name.starts_with("target.");
    EXPECT_EQ(alone[slot.name], tower[(target ? "" : "image.") + slot.name]) << slot.name;
  }
}

TEST(ImportWeights, NumbersGoWhereTheLayoutSays) {
  testing::Weights weights = testing::clip_weights();
  import_golden("clip_open_clip.safetensors", "open_clip", weights);
  const SafetensorsFile file(kGolden + "clip_open_clip.safetensors");
  const std::vector<float> convolution = floats_of(file, "visual.conv1.weight");  // [32, 3, 8, 8]
  const std::vector<float> projection = floats_of(file, "visual.proj");           // [32, 16]
  const size_t unit = 5, channel = 2, row = 3, column = 6;
  EXPECT_EQ(weights["image.embedding.patch.weight"][unit * 192 + (row * 8 + column) * 3 + channel],
            convolution[((unit * 3 + channel) * 8 + row) * 8 + column]);
  EXPECT_EQ(weights["image.project.weight"][7 * 32 + 11], projection[11 * 16 + 7]);
  EXPECT_NEAR(weights["target.contrastive.scale"][0], std::log(1 / 0.07), 1e-6);
}

TEST(ImportWeights, APrefixTakesGradientsTheSameWay) {
  testing::Weights weights = testing::clip_weights();
  const ImportReport report =
      import_golden("clip_reference.safetensors", "open_clip", weights, {.prefix = "grad."});
  EXPECT_TRUE(report.unexpected.empty());
  const SafetensorsFile file(kGolden + "clip_reference.safetensors");
  EXPECT_EQ(weights["target.contrastive.scale"], floats_of(file, "grad.logit_scale"));
}

TEST(ImportWeights, PositionsOfAnotherGridAreInterpolated) {
  testing::Weights weights = testing::vit_weights("image.", 6);
  const ImportReport report = import_golden("vit_timm.safetensors", "timm", weights);
  ASSERT_EQ(report.resized.size(), 1u);
  EXPECT_EQ(report.resized[0].name, "image.embedding.position.weight");
  EXPECT_EQ(report.resized[0].from, (std::vector<int64_t>{17, 24}));
  EXPECT_EQ(report.resized[0].to, (std::vector<int64_t>{37, 24}));
  const std::vector<float> table =
      floats_of(SafetensorsFile(kGolden + "vit_timm.safetensors"), "pos_embed");
  std::vector<float> expected(37 * 24);
  resize_positions(table, expected, 4, 6, 24);
  EXPECT_EQ(weights["image.embedding.position.weight"], expected);
}

TEST(ImportWeights, MissingAndUnexpectedAreNamed) {
  testing::Weights weights = testing::vit_weights("image.");
  weights.add("image.extra.weight", {3}, 7);
  std::string message;
  try {
    import_golden("vit_timm.safetensors", "timm", weights);
  } catch (const DataError& error) {
    message = error.what();
  }
  EXPECT_NE(message.find("does not fit the model as vit of timm: missing 'image.extra.weight'"),
            std::string::npos)
      << message;
  EXPECT_EQ(weights["image.encoder.norm.weight"][0], 0) << "nothing was written";
  const ImportReport report =
      import_golden("vit_timm.safetensors", "timm", weights, {.partial = true});
  EXPECT_EQ(report.missing, (std::vector<std::string>{"image.extra.weight"}));
  EXPECT_EQ(weights["image.extra.weight"], (std::vector<float>{7, 7, 7}));
  EXPECT_NE(weights["image.encoder.norm.weight"][0], 0);

  testing::Weights headless;
  headless.add("image.embedding.patch.bias", {24});
  const ImportReport rest = import_golden("vit_timm.safetensors", "timm", headless);
  EXPECT_EQ(rest.unexpected.front(), "blocks.0.attn.proj.bias");
  EXPECT_EQ(rest.loaded.size(), 1u);
}

TEST(ImportWeights, WrongShapesAreFaultsWithBothShapes) {
  testing::Weights weights;
  weights.add("image.embedding.patch.bias", {25});
  weights.add("image.embedding.position.weight", {18, 24});
  try {
    import_golden("vit_timm.safetensors", "timm", weights);
    FAIL();
  } catch (const DataError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("'patch_embed.proj.bias' must be [25], but is [24] instead."),
              std::string::npos)
        << message;
    EXPECT_NE(message.find("'pos_embed' must be [1, 18, 24], but is [1, 17, 24]"),
              std::string::npos)
        << "18 rows are no grid behind one row: " << message;
  }
}

TEST(ImportWeights, HalfPrecisionBecomesFloat) {
  testing::Weights weights;
  weights.add("image.embedding.patch.bias", {4});
  const auto slots = weights.slots();
  const auto import_bytes = [&slots](const std::string& bytes) {
    const SafetensorsFile file(testing::span_of(bytes), "own");
    import_weights(file, "own", "timm", slots);
  };
  const std::string name = "patch_embed.proj.bias";
  import_bytes(
      one_tensor(name, "F16", "[4]", bytes_of<uint16_t>({0x3C00, 0xC580, 0x0001, 0x7C00})));
  EXPECT_EQ(weights["image.embedding.patch.bias"],
            (std::vector<float>{1, -5.5, std::ldexp(1.0F, -24), INFINITY}));
  import_bytes(
      one_tensor(name, "BF16", "[4]", bytes_of<uint16_t>({0x3F80, 0xC0B0, 0x0000, 0x4049})));
  EXPECT_EQ(weights["image.embedding.patch.bias"], (std::vector<float>{1, -5.5, 0, 3.140625}));
  import_bytes(one_tensor(name, "F64", "[4]", bytes_of<double>({0.5, -2, 3, 4})));
  EXPECT_EQ(weights["image.embedding.patch.bias"], (std::vector<float>{0.5, -2, 3, 4}));
  EXPECT_THROW(import_bytes(one_tensor(name, "I32", "[4]", bytes_of<int32_t>({1, 2, 3, 4}))),
               DataError);
}

TEST(ImportWeights, FilesWithoutTheBaseOfTheirNamesFitToo) {
  testing::Weights weights;
  weights.add("image.embedding.patch.bias", {2});
  const std::string bytes = one_tensor("embeddings.patch_embeddings.projection.bias", "F32", "[2]",
                                       bytes_of<float>({3, 4}));
  const SafetensorsFile file(testing::span_of(bytes), "own");
  const auto slots = weights.slots();
  EXPECT_EQ(import_weights(file, "own", "hf", slots).family, "vit");
  EXPECT_EQ(weights["image.embedding.patch.bias"], (std::vector<float>{3, 4}));
}

TEST(ImportWeights, UnknownLibrariesAndForeignFilesAreRefused) {
  testing::Weights weights = testing::clip_weights();
  EXPECT_THROW(import_golden("clip_hf.safetensors", "tensorflow", weights), NotFoundError);
  EXPECT_THROW(import_golden("positions.safetensors", "hf", weights), DataError);
}

}  // namespace
}  // namespace tpretrain
