/// Reads the pieces of the full form. Every fault is reported, none stops the reading.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tpretrain/core/model_spec.h"

namespace tpretrain {

class ModelSpecReader {
 public:
  ModelSpecReader(const Registry& registry, Faults& faults)
      : registry_(registry), faults_(faults) {}

  PartSpec part(const std::string& name, const Node& node);
  PassSpec pass(const std::string& name, const Node& node);
  std::vector<TargetSpec> targets(const Node& node);

  /// The entries of a map of names to names.
  std::vector<Relation> relations(const Node& node, const std::string& path);

  /// One pattern, or a list of them.
  std::vector<NamePattern> patterns(const Node& node, const std::string& path);

 private:
  EmbeddingSpec embedding(const Node& node, const std::string& path);
  EmbeddingSpec::Item item(const Node& node, const std::string& path);
  void read_items(const Node& list, const std::string& path, EmbeddingSpec& spec);
  void read_part_body(const Node& value, const std::string& path, PartSpec& spec);
  PassInput input(const Node& value, const std::string& path);

  /// A whole number of at least `least`.
  int64_t positive(const Node& value, const std::string& path, int64_t least = 1);

  const Registry& registry_;
  Faults& faults_;
};

}  // namespace tpretrain
