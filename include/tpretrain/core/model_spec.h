/// A model as data: parts, passes and targets, read from any of the recipe's three forms.
/// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/norm_config.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/core/relations.h"

namespace tpretrain {

/// `{sum: [word, position], norm: layer, dropout: 0.1}`: a bare list is a sum without the rest, and
/// a sum may be an item of a sum.
struct EmbeddingSpec {
  struct Item {
    Choice component;                ///< empty for a nested sum
    std::vector<EmbeddingSpec> sum;  ///< one element for a nested sum
  };

  std::vector<Item> items;
  NormConfig norm;
  double dropout = 0;
  int64_t width = 0;  ///< 0: that of the encoder that reads it
};

struct PartSpec {
  std::string name;
  std::string kind;         ///< embedding, encoder, decoder, pool or project
  std::string view;         ///< embeddings only
  EmbeddingSpec embedding;  ///< kind embedding
  Choice component;         ///< kinds encoder, decoder, pool
  int64_t project = 0;      ///< kind project: output width
  bool project_bias = false;
};

struct PassInput {
  std::string part;
  std::string view;  ///< "": the part's own
};

struct PassSpec {
  std::string name;
  PassInput input;
  std::string encoder;
  std::string route;
  std::string source;  ///< `continue`: the pass whose hidden states it starts from
  int64_t from_layer = 0;
  int64_t to_layer = -1;  ///< -1: to the end
  std::string decoder;
  PassInput target_input;  ///< of the decoder
  std::string memory;      ///< pass that the decoder attends to; "": this pass's encoder
  std::string pool;        ///< part names; "": none
  std::string project;
  Mark mark;
};

struct TargetSpec {
  Choice component;
  std::string name;
  std::string path;  ///< where it stands in the recipe, for messages
};

struct ModelSpec {
  std::vector<PartSpec> parts;
  std::vector<PassSpec> passes;
  std::vector<TargetSpec> targets;
  std::vector<Relation> ties;
  std::map<std::string, std::string> shares;  ///< part -> the part that owns its parameters
  std::vector<NamePattern> freeze;

  const PartSpec* part(const std::string& name) const;  ///< null when there is none
  const PassSpec* pass(const std::string& name) const;  ///< null when there is none
  /// Names of parts that no pass runs.
  std::vector<std::string> unused_parts() const;
};

/// Rewrites the five-part or towers form to the full form (parts, passes, target). The full form
/// comes back as it is. Faults are added for keys that belong to no form.
Node expand_model(const Node& model, Faults& faults);

/// Reads the full form and checks every choice against the registry.
ModelSpec read_model_spec(const Node& full, const Registry& registry, Faults& faults);

/// The full form with every default written out.
Node write_model_spec(const ModelSpec& spec, const Registry& registry);

}  // namespace tpretrain
