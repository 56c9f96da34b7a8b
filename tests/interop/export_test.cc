#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/interop/weights.h"
#include "tpretrain/base/error.h"
#include "tpretrain/interop/convert.h"

namespace tpretrain {
namespace {

const std::string kGolden = TP_SOURCE_DIR "/tests/golden/clip/";

/// Exporting what was imported gives the file again: names, shapes and bits.
void expect_round_trip(const std::string& name, const std::string& library,
                       testing::Weights weights, const std::string& family) {
  const SafetensorsFile file(kGolden + name);
  const auto slots = weights.slots();
  import_weights(file, name, library, slots);
  const ExportedWeights exported = export_weights(library, slots);
  EXPECT_EQ(exported.family, family);
  ASSERT_EQ(exported.weights.size(), file.tensors().size()) << name;
  for (const ForeignWeight& weight : exported.weights) {
    const SafetensorsTensor tensor = weight.tensor();
    const SafetensorsTensor& before = file.at(tensor.name);
    EXPECT_EQ(tensor.shape, before.shape) << tensor.name;
    ASSERT_EQ(tensor.data.size(), before.data.size()) << tensor.name;
    EXPECT_EQ(std::memcmp(tensor.data.data(), before.data.data(), tensor.data.size()), 0)
        << tensor.name;
  }
}

TEST(ExportWeights, GivesBackWhatWasImported) {
  expect_round_trip("clip_open_clip.safetensors", "open_clip", testing::clip_weights(), "clip");
  expect_round_trip("clip_hf.safetensors", "hf", testing::clip_weights(), "clip");
  expect_round_trip("siglip_open_clip.safetensors", "open_clip", testing::siglip_weights(),
                    "siglip");
  expect_round_trip("siglip_hf.safetensors", "hf", testing::siglip_weights(), "siglip");
  expect_round_trip("vit_timm.safetensors", "timm", testing::vit_weights("image."), "vit");
  expect_round_trip("vit_hf.safetensors", "hf", testing::vit_weights(""), "vit");
}

TEST(ExportWeights, NamesWhatHasNoPlaceThere) {
  testing::Weights weights = testing::clip_weights();
  weights.add("image.embedding.patch.registers", {4, 32});
  weights.add("target.mlm.output.bias", {60});
  const auto slots = weights.slots();
  try {
    export_weights("open_clip", slots);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(
        std::string(error.what()),
        "open_clip has no place for 'image.embedding.patch.registers' and 1 more; the nearest "
        "model there is clip");
  }
  EXPECT_THROW(export_weights("tensorflow", slots), NotFoundError);
}

TEST(ExportWeights, TiedOnesAreStoredUnlessTheFamilyTiesThemToo) {
  testing::Weights weights;
  weights.add("embedding.word.weight", {5, 2});
  weights.add("encoder.layers.0.ffn.input.bias", {3});
  std::vector<WeightSlot> slots = weights.slots();
  const auto tied = [&slots](size_t owner, const std::string& name) {
    WeightSlot slot = slots.at(owner);
    slot.owner = std::exchange(slot.name, name);
    return slot;
  };
  slots.push_back(tied(0, "target.mlm.output.weight"));
  slots.push_back(tied(1, "encoder.layers.1.ffn.input.bias"));
  const ExportedWeights exported = export_weights("hf", slots);
  ASSERT_EQ(exported.weights.size(), 3U);
  EXPECT_EQ(exported.weights[2].spec.name, "bert.encoder.layer.1.intermediate.dense.bias");
  EXPECT_EQ(exported.weights[2].data, exported.weights[1].data);

  slots[2].owner = "embedding.position.weight";
  EXPECT_THROW(export_weights("hf", slots), ConfigError) << "there it is tied to the words";
}

TEST(ExportWeights, ShapesThatDoNotFitTheLayoutAreNamed) {
  testing::Weights patches;
  patches.add("image.embedding.patch.weight", {4, 190});
  EXPECT_THROW(export_weights("timm", patches.slots()), ConfigError);
  testing::Weights qkv;
  qkv.add("image.encoder.layers.0.attention.qkv.bias", {31});
  EXPECT_THROW(export_weights("hf", qkv.slots()), ConfigError);
}

}  // namespace
}  // namespace tpretrain
