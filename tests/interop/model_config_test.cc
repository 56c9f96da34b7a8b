#include "tpretrain/interop/model_config.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/interop/weights.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

using Json = nlohmann::json;

const std::string kClip = R"(
model:
  parts:
    image.embedding: {view: image, embedding: {sum: [patch]}}
    image.encoder: {encoder: {transformer: {heads: 4, order: pre, norm: {layer: {eps: 1e-5}}, norm_input: true, activation: quick_gelu, gated: false, causal: false}}}
    image.pool: {pool: {cls: {dense: none, norm: {layer: {eps: 1e-5}}}}}
    text.encoder: {encoder: {transformer: {heads: 3, order: pre, norm: {layer: {eps: 1e-6}}, norm_input: false, activation: gelu_tanh, gated: false, causal: true}}}
    text.pool: {pool: {last: {norm: {layer: {eps: 1e-5}}}}}
  passes:
    image: {input: image.embedding, encoder: image.encoder, pool: image.pool}
    text: {input: text.embedding, encoder: text.encoder, pool: text.pool}
  target: [{contrastive: {between: [image, text]}}]
)";

const std::string kSiglip = R"(
model:
  parts:
    image.encoder: {encoder: {transformer: {heads: 3, order: pre, norm: {layer: {eps: 1e-6}}, norm_input: false, activation: gelu_tanh, gated: false, causal: false}}}
    image.pool: {pool: {attention: {heads: 3, ffn: 48, activation: gelu_tanh}}}
    text.encoder: {encoder: {transformer: {heads: 2, order: pre, norm: {layer: {eps: 1e-6}}, norm_input: false, activation: gelu_tanh, gated: false, causal: false}}}
    text.pool: {pool: {last: {norm: none}}}
  passes:
    image: {input: image.embedding, encoder: image.encoder, pool: image.pool}
    text: {input: text.embedding, encoder: text.encoder, pool: text.pool}
)";

const std::string kVit = R"(
model:
  parts:
    image.encoder: {encoder: {transformer: {heads: 3, order: pre, norm: {layer: {eps: 1e-6}}, norm_input: false, activation: gelu, gated: false, causal: false}}}
    image.pool: {pool: {cls: {dense: none, norm: none}}}
  passes:
    image: {input: image.embedding, encoder: image.encoder, pool: image.pool}
)";

const std::string kBert = R"(
model:
  parts:
    encoder: {encoder: {transformer: {heads: 4, order: post, norm: {layer: {eps: 1e-12}}, norm_input: false, activation: gelu, gated: false, causal: false}}}
    main.pool: {pool: {cls: {dense: tanh, norm: none}}}
  passes:
    main: {input: embedding, encoder: encoder, pool: main.pool}
  target: [{pair_match: {name: nsp, pass: ""}}, {mlm: {pass: "", transform: true, activation: gelu}}]
)";

std::map<std::string, EncoderFacts> facts(const std::string& recipe) {
  return encoder_facts(parse_yaml(recipe, "recipe.yaml"));
}

Json config_of(const std::string& family, const std::string& library, testing::Weights weights,
               const std::string& recipe) {
  const auto slots = weights.slots();
  return Json::parse(model_files(family, library, slots, facts(recipe)).content.value());
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// The recipe with `from` replaced by `to` must be refused: "`<fault> instead."
void expect_refused(const std::string& model, const std::string& recipe, const std::string& from,
                    const std::string& to, const std::string& fault) {
  const size_t blank = model.find(' ');
  const std::string family = model.substr(0, blank);
  const std::string library = model.substr(blank + 1);
  try {
    model_files(family, library, {}, facts(replaced(recipe, from, to)));
    ADD_FAILURE() << model << " with " << to;
  } catch (const ConfigError& error) {
    const size_t verb = fault.find(", but is ");
    EXPECT_EQ(error.what(), fault.substr(0, verb) + " in a " + family + " model of " + library +
                                fault.substr(verb) + " instead.");
  }
}

TEST(EncoderFacts, ComeFromTheFullRecipe) {
  const auto found = facts(kClip);
  ASSERT_EQ(found.size(), 2u);
  const EncoderFacts& image = found.at("image.encoder");
  EXPECT_EQ(image.heads, 4);
  EXPECT_TRUE(image.pre_norm);
  EXPECT_TRUE(image.norm_input);
  EXPECT_FALSE(image.causal);
  EXPECT_EQ(image.pool.name, "cls");
  const EncoderFacts& text = found.at("text.encoder");
  EXPECT_EQ(text.activation, "gelu_tanh");
  EXPECT_EQ(text.eps, 1e-6);
  EXPECT_TRUE(text.causal);
  EXPECT_FALSE(text.mlm);
  const EncoderFacts bert = facts(kBert).at("encoder");
  EXPECT_FALSE(bert.pre_norm);
  EXPECT_EQ(bert.mlm.name, "mlm");
}

TEST(EncoderFacts, EncodersThatOnlyWeHaveAreRefused) {
  const auto refused = [](const std::string& encoder) {
    const std::string recipe =
        "model: {parts: {encoder: {encoder: {transformer: " + encoder + "}}}}";
    EXPECT_THROW(encoder_facts(parse_yaml(recipe, "recipe.yaml")), ConfigError) << encoder;
  };
  refused("{heads: 4, order: pre, activation: gelu, gated: true, norm: {layer: {eps: 1e-5}}}");
  refused("{heads: 4, order: pre, activation: gelu, gated: false, norm: {rms: {eps: 1e-5}}}");
  refused("{heads: 0, order: pre, activation: gelu, gated: false, norm: {layer: {eps: 1e-5}}}");
  EXPECT_THROW(encoder_facts(parse_yaml("name: x", "recipe.yaml")), ConfigError);
}

TEST(ModelFiles, RefuseAClipThatComputesSomethingElse) {
  for (const std::string model : {"clip hf", "clip open_clip"}) {
    expect_refused(model, kClip, "causal: true", "causal: false",
                   "`text.encoder.causal` must be true, but is false");
    expect_refused(model, kClip, "heads: 3, order: pre", "heads: 3, order: post",
                   "`text.encoder.order` must be pre, but is post");
    expect_refused(model, kClip, "{last: {", "{mean: {", "`text.pool` must be last, but is mean");
    expect_refused(model, kClip, "norm_input: true", "norm_input: false",
                   "`image.encoder.norm_input` must be true, but is false");
    expect_refused(model, kClip, "dense: none", "dense: tanh",
                   "`image.pool.dense` must be none, but is tanh");
    expect_refused(model, kClip, ", pool: image.pool", "", "`image.pool` must be cls, but is none");
  }
}

TEST(ModelFiles, OfOpenClipHaveOneActivation) {
  expect_refused("clip open_clip", kClip, "gelu_tanh", "gelu",
                 "`text.encoder.activation` must be quick_gelu, but is gelu");
  expect_refused("clip open_clip", kClip, "quick_gelu", "gelu_tanh",
                 "`image.encoder.activation` must be gelu or quick_gelu, but is gelu_tanh");
}

TEST(ModelFiles, RefuseASiglipThatComputesSomethingElse) {
  for (const std::string model : {"siglip hf", "siglip open_clip"}) {
    expect_refused(model, kSiglip, "attention: {heads: 3", "attention: {heads: 1",
                   "`image.pool.heads` must be 3, but is 1");
    expect_refused(model, kSiglip, "ffn: 48, activation: gelu_tanh", "ffn: 48, activation: gelu",
                   "`image.pool.activation` must be gelu_tanh, but is gelu");
    expect_refused(model, kSiglip, "causal: false", "causal: true",
                   "`image.encoder.causal` must be false, but is true");
    expect_refused(model, kSiglip, "{last: {", "{cls: {", "`text.pool` must be last, but is cls");
  }
}

TEST(ModelFiles, RefuseAVitOrBertThatComputesSomethingElse) {
  expect_refused("vit hf", kVit, "{cls: {dense: none, ", "{mean: {tokens: all, ",
                 "`image.pool` must be cls, but is mean");
  expect_refused("vit hf", kVit, "order: pre", "order: post",
                 "`image.encoder.order` must be pre, but is post");
  expect_refused("bert hf", kBert, "causal: false", "causal: true",
                 "`encoder.causal` must be false, but is true");
  expect_refused("bert hf", kBert, "dense: tanh", "dense: none",
                 "`pool.dense` must be tanh, but is none");
  expect_refused("bert hf", kBert, "transform: true, activation: gelu",
                 "transform: true, activation: gelu_tanh",
                 "`target.mlm.activation` must be gelu, but is gelu_tanh");
  expect_refused("bert hf", kBert, "transform: true", "transform: false",
                 "`target.mlm.transform` must be true, but is false");
}

TEST(ModelFiles, ClipOfHuggingFace) {
  const Json config = config_of("clip", "hf", testing::clip_weights(), kClip);
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
  const ModelFiles files = model_files("clip", "open_clip", weights.slots(),
                                       facts(replaced(kClip, "gelu_tanh", "quick_gelu")));
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
  const Json config = config_of("vit", "hf", testing::vit_weights("image.", 6), kVit);
  EXPECT_EQ(config["image_size"], 48);
  EXPECT_EQ(config["id2label"].size(), 5u);
  EXPECT_EQ(config["label2id"]["LABEL_4"], 4);
}

TEST(ModelFiles, SiglipHasNoClassTokenInItsGrid) {
  const Json config = config_of("siglip", "hf", testing::siglip_weights(), kSiglip);
  EXPECT_EQ(config["vision_config"]["image_size"], 32);
  testing::Weights weights = testing::siglip_weights();
  EXPECT_FALSE(
      model_files("siglip", "open_clip", weights.slots(), facts(kSiglip)).content.has_value());
}

TEST(ModelFiles, AMissingSizeIsNamed) {
  testing::Weights weights = testing::clip_weights();
  auto slots = weights.slots();
  std::erase_if(slots, [](const WeightSlot& slot) { return slot.name == "image.project.weight"; });
  try {
    model_files("clip", "hf", slots, facts(kClip));
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("image.project.weight"), std::string::npos);
  }
}

}  // namespace
}  // namespace tpretrain
