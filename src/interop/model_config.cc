#include "tpretrain/interop/model_config.h"

#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "interop/family_form.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using Json = nlohmann::ordered_json;
using Facts = std::map<std::string, EncoderFacts>;

/// Sizes by the names of parameters.
class Sizes {
 public:
  explicit Sizes(std::span<const WeightSlot> slots) : slots_(slots) {}

  bool has(const std::string& name) const { return find(name) != nullptr; }

  int64_t at(const std::string& name, size_t dimension) const {
    const WeightSlot* slot = find(name);
    if (slot == nullptr || slot->shape.size() <= dimension) {
      throw ConfigError(fmt::format("the exported model needs the parameter '{}'", name));
    }
    return slot->shape[dimension];
  }

  /// Errors: ConfigError when it is not there.
  void need(const std::string& name) const { at(name, 0); }

  int64_t layers(const std::string& tower) const {
    int64_t count = 0;
    for (const WeightSlot& slot : slots_) {
      count += match_name(tower + "encoder.layers.*.attention.qkv.weight", slot.name) ? 1 : 0;
    }
    return count;
  }

 private:
  const WeightSlot* find(const std::string& name) const {
    for (const WeightSlot& slot : slots_) {
      if (slot.name == name) {
        return &slot;
      }
    }
    return nullptr;
  }

  std::span<const WeightSlot> slots_;
};

const EncoderFacts& facts_of(const Facts& facts, const std::string& tower) {
  const auto found = facts.find(tower + "encoder");
  if (found == facts.end()) {
    throw ConfigError(fmt::format("the recipe has no part '{}encoder' with a transformer", tower));
  }
  return found->second;
}

std::string hf_activation(const std::string& ours) {
  return ours == "gelu_tanh" ? "gelu_pytorch_tanh" : ours == "none" ? "linear" : ours;
}

/// Side of a patch and of the image in pixels.
struct Pixels {
  int64_t patch = 0;
  int64_t image = 0;
};

Pixels pixels_of(const Sizes& sizes, const std::string& tower) {
  const auto root = [](int64_t area) {
    return static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(area))));
  };
  Pixels pixels;
  pixels.patch = root(sizes.at(tower + "embedding.patch.weight", 1) / 3);
  const int64_t cls = sizes.has(tower + "embedding.patch.cls") ? 1 : 0;
  const int64_t rows = sizes.at(tower + "embedding.position.weight", 0) - cls;
  if (root(rows) * root(rows) != rows) {
    throw ConfigError(
        fmt::format("{} positions are no square grid, which the other library needs", rows));
  }
  pixels.image = root(rows) * pixels.patch;
  return pixels;
}

/// What every transformer config of Hugging Face has.
Json hf_encoder(const Sizes& sizes, const Facts& facts, const std::string& tower) {
  const EncoderFacts& fact = facts_of(facts, tower);
  const std::string layer = tower + "encoder.layers.0.";
  return {{"hidden_size", sizes.at(layer + "attention.output.weight", 0)},
          {"intermediate_size", sizes.at(layer + "ffn.input.weight", 0)},
          {"num_hidden_layers", sizes.layers(tower)},
          {"num_attention_heads", fact.heads},
          {"hidden_act", hf_activation(fact.activation)},
          {"layer_norm_eps", fact.eps}};
}

Json hf_text(const Sizes& sizes, const Facts& facts, const std::string& type) {
  Json config = hf_encoder(sizes, facts, "text.");
  config["model_type"] = type;
  config["vocab_size"] = sizes.at("text.embedding.word.weight", 0);
  config["max_position_embeddings"] = sizes.at("text.embedding.position.weight", 0);
  return config;
}

Json hf_image(const Sizes& sizes, const Facts& facts, const std::string& tower) {
  Json config = hf_encoder(sizes, facts, tower);
  const Pixels pixels = pixels_of(sizes, tower);
  config["image_size"] = pixels.image;
  config["patch_size"] = pixels.patch;
  config["num_channels"] = 3;
  return config;
}

Json bert_config(const Sizes& sizes, const Facts& facts) {
  Json config = {{"architectures", {"BertForPreTraining"}}, {"model_type", "bert"}};
  config.update(hf_encoder(sizes, facts, ""));
  config["vocab_size"] = sizes.at("embedding.word.weight", 0);
  config["max_position_embeddings"] = sizes.at("embedding.position.weight", 0);
  config["type_vocab_size"] = sizes.at("embedding.segment.weight", 0);
  return config;
}

Json clip_config(const Sizes& sizes, const Facts& facts) {
  sizes.need("image.embedding.patch.cls");
  const int64_t width = sizes.at("image.project.weight", 0);
  const int64_t vocabulary = sizes.at("text.embedding.word.weight", 0);
  Json text = hf_text(sizes, facts, "clip_text_model");
  Json image = hf_image(sizes, facts, "image.");
  image["model_type"] = "clip_vision_model";
  text["projection_dim"] = width;
  image["projection_dim"] = width;
  // The pooled token is the first with the id of the end: CLIP's vocabulary ends with it.
  text["bos_token_id"] = vocabulary - 2;
  text["eos_token_id"] = vocabulary - 1;
  return {{"architectures", {"CLIPModel"}},
          {"model_type", "clip"},
          {"projection_dim", width},
          {"text_config", text},
          {"vision_config", image}};
}

Json siglip_config(const Sizes& sizes, const Facts& facts) {
  Json text = hf_text(sizes, facts, "siglip_text_model");
  Json image = hf_image(sizes, facts, "image.");
  text["projection_size"] = sizes.at("text.project.weight", 0);
  image["model_type"] = "siglip_vision_model";
  return {{"architectures", {"SiglipModel"}},
          {"model_type", "siglip"},
          {"text_config", text},
          {"vision_config", image}};
}

Json vit_config(const Sizes& sizes, const Facts& facts) {
  const std::string tower = sizes.has("image.embedding.patch.weight") ? "image." : "";
  sizes.need(tower + "embedding.patch.cls");
  Json config = {{"architectures", {"ViTForImageClassification"}}, {"model_type", "vit"}};
  config.update(hf_image(sizes, facts, tower));
  Json labels = Json::object();
  Json numbers = Json::object();
  for (int64_t i = 0; i < sizes.at("target.classify.classifier.weight", 0); ++i) {
    labels[std::to_string(i)] = fmt::format("LABEL_{}", i);
    numbers[fmt::format("LABEL_{}", i)] = i;
  }
  config["id2label"] = labels;
  config["label2id"] = numbers;
  return config;
}

Json open_clip_tower(const Sizes& sizes, const Facts& facts, const std::string& tower) {
  const std::string layer = tower + "encoder.layers.0.";
  const int64_t width = sizes.at(layer + "attention.output.weight", 0);
  const int64_t inner = sizes.at(layer + "ffn.input.weight", 0);
  return {{"width", width},
          {"layers", sizes.layers(tower)},
          {"mlp_ratio", static_cast<double>(inner) / static_cast<double>(width)},
          {"norm_kwargs", {{"eps", facts_of(facts, tower).eps}}}};
}

Json open_clip_config(const Sizes& sizes, const Facts& facts) {
  sizes.need("image.embedding.patch.cls");
  Json image = open_clip_tower(sizes, facts, "image.");
  const Pixels pixels = pixels_of(sizes, "image.");
  image["image_size"] = pixels.image;
  image["patch_size"] = pixels.patch;
  image["head_width"] = image["width"].get<int64_t>() / facts_of(facts, "image.").heads;
  Json text = open_clip_tower(sizes, facts, "text.");
  text["context_length"] = sizes.at("text.embedding.position.weight", 0);
  text["vocab_size"] = sizes.at("text.embedding.word.weight", 0);
  text["heads"] = facts_of(facts, "text.").heads;
  return {{"model_cfg",
           {{"embed_dim", sizes.at("image.project.weight", 0)},
            {"quick_gelu", facts_of(facts, "image.").activation == "quick_gelu"},
            {"vision_cfg", image},
            {"text_cfg", text}}},
          {"preprocess_cfg", Json::object()}};
}

std::optional<Json> config_of(std::string_view family, std::string_view library, const Sizes& sizes,
                              const Facts& facts) {
  if (library == "open_clip") {
    return family == "clip" ? std::optional<Json>(open_clip_config(sizes, facts)) : std::nullopt;
  }
  if (library != "hf") {
    return std::nullopt;
  }
  return family == "bert"     ? bert_config(sizes, facts)
         : family == "clip"   ? clip_config(sizes, facts)
         : family == "siglip" ? siglip_config(sizes, facts)
                              : vit_config(sizes, facts);
}

}  // namespace

ModelFiles model_files(std::string_view family, std::string_view library,
                       std::span<const WeightSlot> slots, const Facts& facts) {
  check_form(family, library, facts);
  const bool open_clip = library == "open_clip";
  ModelFiles files{open_clip ? "open_clip_model.safetensors" : "model.safetensors",
                   open_clip ? "open_clip_config.json" : "config.json", std::nullopt};
  if (const auto config = config_of(family, library, Sizes(slots), facts)) {
    files.content = config->dump(2) + "\n";
  }
  return files;
}

}  // namespace tpretrain
