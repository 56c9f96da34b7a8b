// What a recipe in the full form says of its encoders.
#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/interop/model_config.h"

namespace tpretrain {
namespace {

const Node& require(const Node& node, const char* key, const std::string& part) {
  const Node* found = node.find(key);
  if (found == nullptr) {
    throw ConfigError(
        fmt::format("part '{}' has no '{}': other libraries have no such encoder", part, key));
  }
  return *found;
}

bool is_true(const Node& config, const std::string& key) {
  const Node* value = config.find(key);
  return value != nullptr && value->text() == "true";
}

EncoderFacts facts_of_part(const Node& transformer, const std::string& part) {
  if (is_true(transformer, "gated")) {
    throw ConfigError(
        fmt::format("part '{}' is gated: other libraries have no such encoder", part));
  }
  const Node& norm = require(require(transformer, "norm", part), "layer", part);
  EncoderFacts facts;
  facts.heads = parse_integer(require(transformer, "heads", part).text()).value_or(0);
  facts.activation = require(transformer, "activation", part).text();
  facts.eps = parse_number(require(norm, "eps", part).text()).value_or(0);
  facts.pre_norm = require(transformer, "order", part).text() == "pre";
  facts.causal = is_true(transformer, "causal");
  facts.norm_input = is_true(transformer, "norm_input");
  if (facts.heads < 1) {
    throw ConfigError(fmt::format("part '{}' has no heads", part));
  }
  return facts;
}

Choice choice_at(const Node& node, const std::string& path) {
  Faults faults;
  Choice choice = read_choice(node, path, faults);
  faults.raise_if_any();
  return choice;
}

/// The names that a pass or target gives under `key`, "" for none.
std::string name_at(const Node& node, const std::string& key) {
  const Node* value = node.find(key);
  return value == nullptr ? "" : value->text();
}

using Facts = std::map<std::string, EncoderFacts>;

void add_pools(const Node& parts, const Node& passes, Facts& facts) {
  for (const auto& [name, pass] : passes.entries()) {
    const auto encoder = facts.find(name_at(pass, "encoder"));
    const Node* part = parts.find(name_at(pass, "pool"));
    const Node* pool = part == nullptr ? nullptr : part->find("pool");
    if (encoder != facts.end() && pool != nullptr && !encoder->second.pool) {
      encoder->second.pool = choice_at(*pool, "model.passes." + name + ".pool");
    }
  }
}

void add_targets(const Node& targets, const Node& passes, Facts& facts) {
  for (const Node& item : targets.items()) {
    Choice target = choice_at(item, "model.target");
    const std::string named = name_at(target.config, "pass");
    const Node* pass = named.empty() ? &passes.entries().front().second : passes.find(named);
    const auto encoder = pass == nullptr ? facts.end() : facts.find(name_at(*pass, "encoder"));
    if (target.name == "mlm" && encoder != facts.end() && !encoder->second.mlm) {
      encoder->second.mlm = std::move(target);
    }
  }
}

}  // namespace

Facts encoder_facts(const Node& full_recipe) {
  Facts facts;
  const Node* model = full_recipe.find("model");
  const Node* parts = model == nullptr ? nullptr : model->find("parts");
  if (parts == nullptr) {
    throw ConfigError("missing key 'model.parts': the recipe is not in the full form");
  }
  for (const auto& [name, part] : parts->entries()) {
    const Node* encoder = part.find("encoder");
    const Node* transformer = encoder == nullptr ? nullptr : encoder->find("transformer");
    if (transformer != nullptr) {
      facts.emplace(name, facts_of_part(*transformer, name));
    }
  }
  const Node* passes = model->find("passes");
  const Node* targets = model->find("target");
  if (passes != nullptr && !passes->entries().empty()) {
    add_pools(*parts, *passes, facts);
    if (targets != nullptr) {
      add_targets(*targets, *passes, facts);
    }
  }
  return facts;
}

}  // namespace tpretrain
