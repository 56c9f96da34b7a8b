#include "tpretrain/interop/model_config.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/interop/weights.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

using Json = nlohmann::json;

const char* const kParts =
    "model:\n"
    "  parts:\n"
    "    image.embedding: {view: image, embedding: {sum: [patch]}}\n"
    "    image.encoder: {encoder: {transformer: {heads: 4, activation: quick_gelu, gated: false, "
    "norm: {layer: {eps: 1e-5}}}}}\n"
    "    text.encoder: {encoder: {transformer: {heads: 3, activation: gelu_tanh, gated: false, "
    "norm: {layer: {eps: 1e-6}}}}}\n";

std::map<std::string, EncoderFacts> facts() {
  return encoder_facts(parse_yaml(kParts, "recipe.yaml"));
}

Json config_of(const std::string& family, const std::string& library, testing::Weights weights) {
  const auto slots = weights.slots();
  return Json::parse(model_files(family, library, slots, facts()).content.value());
}

TEST(EncoderFacts, ComeFromTheFullRecipe) {
  const auto found = facts();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found.at("image.encoder").heads, 4);
  EXPECT_EQ(found.at("text.encoder").activation, "gelu_tanh");
  EXPECT_EQ(found.at("text.encoder").eps, 1e-6);
}

TEST(EncoderFacts, EncodersThatOnlyWeHaveAreRefused) {
  const auto refused = [](const std::string& encoder) {
    const std::string recipe =
        "model: {parts: {encoder: {encoder: {transformer: " + encoder + "}}}}";
    EXPECT_THROW(encoder_facts(parse_yaml(recipe, "recipe.yaml")), ConfigError) << encoder;
  };
  refused("{heads: 4, activation: gelu, gated: true, norm: {layer: {eps: 1e-5}}}");
  refused("{heads: 4, activation: gelu, gated: false, norm: {rms: {eps: 1e-5}}}");
  refused("{heads: 0, activation: gelu, gated: false, norm: {layer: {eps: 1e-5}}}");
  EXPECT_THROW(encoder_facts(parse_yaml("name: x", "recipe.yaml")), ConfigError);
}

TEST(ModelFiles, ClipOfHuggingFace) {
  const Json config = config_of("clip", "hf", testing::clip_weights());
  EXPECT_EQ(config["model_type"], "clip");
  EXPECT_EQ(config["projection_dim"], 16);
  const Json& image = config["vision_config"];
  EXPECT_EQ(image["hidden_size"], 32);
  EXPECT_EQ(image["intermediate_size"], 64);
  EXPECT_EQ(image["num_hidden_layers"], 2);
  EXPECT_EQ(image["num_attention_heads"], 4);
  EXPECT_EQ(image["hidden_act"], "quick_gelu");
  EXPECT_EQ(image["image_size"], 32);
  EXPECT_EQ(image["patch_size"], 8);
  const Json& text = config["text_config"];
  EXPECT_EQ(text["vocab_size"], 60);
  EXPECT_EQ(text["eos_token_id"], 59);
  EXPECT_EQ(text["max_position_embeddings"], 12);
  EXPECT_EQ(text["num_attention_heads"], 3);
  EXPECT_EQ(text["hidden_act"], "gelu_pytorch_tanh");
}

TEST(ModelFiles, ClipOfOpenClip) {
  testing::Weights weights = testing::clip_weights();
  const ModelFiles files = model_files("clip", "open_clip", weights.slots(), facts());
  EXPECT_EQ(files.weights, "open_clip_model.safetensors");
  EXPECT_EQ(files.config, "open_clip_config.json");
  const Json config = Json::parse(*files.content)["model_cfg"];
  EXPECT_EQ(config["embed_dim"], 16);
  EXPECT_EQ(config["quick_gelu"], true);
  EXPECT_EQ(config["vision_cfg"]["head_width"], 8);
  EXPECT_EQ(config["vision_cfg"]["mlp_ratio"], 2.0);
  EXPECT_EQ(config["text_cfg"]["heads"], 3);
  EXPECT_EQ(config["text_cfg"]["context_length"], 12);
}

TEST(ModelFiles, VitHasItsLabels) {
  const Json config = config_of("vit", "hf", testing::vit_weights("image.", 6));
  EXPECT_EQ(config["image_size"], 48);
  EXPECT_EQ(config["id2label"].size(), 5u);
  EXPECT_EQ(config["label2id"]["LABEL_4"], 4);
}

TEST(ModelFiles, SiglipHasNoClassTokenInItsGrid) {
  EXPECT_EQ(config_of("siglip", "hf", testing::siglip_weights())["vision_config"]["image_size"],
            32);
  testing::Weights weights = testing::siglip_weights();
  EXPECT_FALSE(model_files("siglip", "open_clip", weights.slots(), facts()).content.has_value());
}

TEST(ModelFiles, AMissingSizeIsNamed) {
  testing::Weights weights = testing::clip_weights();
  auto slots = weights.slots();
  std::erase_if(slots, [](const WeightSlot& slot) { return slot.name == "image.project.weight"; });
  try {
    model_files("clip", "hf", slots, facts());
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("image.project.weight"), std::string::npos);
  }
}

}  // namespace
}  // namespace tpretrain
