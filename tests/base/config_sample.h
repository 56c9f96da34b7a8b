/// A config struct with every kind of field, shared by the tests of the config visitors.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {

struct MaskConfig {
  double rate = 0.15;
  std::string token;

  void describe(ConfigVisitor& v) {
    v.field("rate", rate, "Share of masked tokens.", {.min = 0, .max = 1, .open_max = true});
    v.field("token", token, "Mask token.");
    v.require("token");
  }
};

enum class Order { kPost, kPre };

struct SampleConfig {
  bool causal = false;
  int64_t layers = 12;
  double dropout = 0.1;
  std::string name = "bert";
  std::vector<std::string> freeze;
  std::vector<double> betas = {0.9, 0.999};
  std::optional<int64_t> max;
  std::optional<double> clip;
  std::optional<bool> bias;
  Choice encoder;
  Quantity duration{1000, "steps"};
  std::string vocab;
  std::vector<std::string> files;
  Node rest;
  Order order = Order::kPost;
  MaskConfig mask{.token = "[MASK]"};
  std::optional<MaskConfig> extra;
  int64_t width = 4;

  void describe(ConfigVisitor& v) {
    v.field("causal", causal, "Causal.");
    v.field("layers", layers, "Number of blocks.", {.min = 1, .max = 1024});
    v.field("dropout", dropout, "Drop probability.", {.min = 0, .max = 1, .open_max = true});
    v.field("name", name, "Name.");
    v.field("freeze", freeze, "Patterns.");
    v.field("betas", betas, "Decays.", {.min = 0, .max = 1});
    v.field("max", max, "Most.", {.min = 1});
    v.field("clip", clip, "Clip.");
    v.field("bias", bias, "Bias.");
    v.field("encoder", encoder, "Encoder.", "encoder");
    v.field("duration", duration, "Duration.", {"steps", "epochs"}, {.min = 0, .open_min = true});
    v.path("vocab", vocab, "Vocabulary.");
    v.paths("files", files, "Files.");
    v.raw("rest", rest, "Anything.");
    v.choice("order", order, "Order.", {"post", "pre"});
    v.nested("mask", mask, "Masking.");
    v.nested("extra", extra, "More masking.");
    v.custom(
        "width", "integer or 'auto'", "Width.",
        [this](const Node& node, Faults& faults) {
          const auto read = parse_integer(node.text());
          if (node.text() == "auto") {
            width = 0;
          } else if (read) {
            width = *read;
          } else {
            faults.add(node.mark(), "'width' must be an integer or auto");
          }
        },
        [this] { return Node::scalar(width == 0 ? "auto" : std::to_string(width)); });
    v.check(layers % 2 == 0, "`layers` must be even");
  }
};

/// Reads `yaml` as "recipe.yaml"; the faults come back. The required `mask.token` is added where
/// the text does not speak of `mask`.
inline std::vector<std::string> read_sample(const std::string& yaml, SampleConfig& config,
                                            const std::string& path = "model",
                                            const std::string& source = "recipe.yaml") {
  Faults faults;
  const bool masked = yaml.find("mask") != std::string::npos;
  const std::string text = masked ? yaml : yaml + "\nmask: {token: a}";
  read_struct(config, parse_yaml(text, source), path, faults);
  return faults.lines();
}

}  // namespace tpretrain
