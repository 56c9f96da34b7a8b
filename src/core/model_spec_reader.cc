#include "core/model_spec_reader.h"

#include <algorithm>
#include <set>

#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

using Names = std::vector<std::string>;

bool known_key(const std::string& key, const Names& known) {
  return std::find(known.begin(), known.end(), key) != known.end();
}

bool expect_map(const Node& node, const std::string& path, Faults& faults) {
  if (!node.is_map()) {
    faults.add(node.mark(), "'" + path + "' must be a map");
  }
  return node.is_map();
}

void unknown_key(const Node& value, const std::string& path, const std::string& key,
                 const Names& known, Faults& faults) {
  faults.add(value.mark(), "unknown key '" + path + "." + key + "'" + suggestion(key, known));
}

/// The name that `key` sets, or null.
std::string* slot_of(PassSpec& spec, const std::string& key) {
  const std::pair<const char*, std::string*> slots[] = {
      {"encoder", &spec.encoder}, {"route", &spec.route},   {"continue", &spec.source},
      {"decoder", &spec.decoder}, {"memory", &spec.memory}, {"pool", &spec.pool},
      {"project", &spec.project}};
  for (const auto& [name, slot] : slots) {
    if (key == name) {
      return slot;
    }
  }
  return nullptr;
}

}  // namespace

EmbeddingSpec ModelSpecReader::embedding(const Node& node, const std::string& path) {
  EmbeddingSpec spec;
  if (node.is_list()) {
    read_items(node, path, spec);
    return spec;
  }
  if (node.is_scalar() || (node.is_map() && node.find("sum") == nullptr)) {
    spec.items.push_back(item(node, path));  // a single component
    return spec;
  }
  if (!expect_map(node, path, faults_)) {
    return spec;
  }
  const Names known = {"sum", "norm", "dropout", "width"};
  for (const auto& [key, value] : node.entries()) {
    if (key == "sum") {
      read_items(value, path + ".sum", spec);
    } else if (key == "norm") {
      spec.norm = read_norm(value, path + ".norm", faults_);
    } else if (key == "dropout") {
      const auto number = parse_number(value.text());
      if (!number || value.quoted() || *number < 0 || *number >= 1) {
        faults_.add(value.mark(), "'" + path + ".dropout' must be a number in [0, 1), but is '" +
                                      value.text() + "' instead");
      } else {
        spec.dropout = *number;
      }
    } else if (key == "width") {
      spec.width = positive(value, path + ".width");
    } else {
      unknown_key(value, path, key, known, faults_);
    }
  }
  return spec;
}

PartSpec ModelSpecReader::part(const std::string& name, const Node& node) {
  const std::string path = "model.parts." + name;
  PartSpec spec{.name = name};
  if (!expect_map(node, path, faults_)) {
    return spec;
  }
  const Names known = {"view", "embedding", "encoder", "decoder", "pool", "project", "bias"};
  for (const auto& [key, value] : node.entries()) {
    if (key == "view") {
      spec.view = value.text();
    } else if (key == "bias") {
      const auto bias = parse_boolean(value.text());
      if (!bias) {
        faults_.add(value.mark(), "'" + path + ".bias' must be true or false, but is '" +
                                      value.text() + "' instead");
      }
      spec.project_bias = bias.value_or(false);
    } else if (!known_key(key, known)) {
      unknown_key(value, path, key, known, faults_);
    } else if (!spec.kind.empty()) {
      faults_.add(value.mark(), "'" + path + "' is both '" + spec.kind + "' and '" + key + "'");
    } else {
      spec.kind = key;
      read_part_body(value, path + "." + key, spec);
    }
  }
  if (spec.kind.empty()) {
    faults_.add(node.mark(),
                "'" + path + "' must hold one of embedding, encoder, decoder, pool, project");
  }
  if (spec.kind == "embedding" && spec.view.empty()) {
    faults_.add(node.mark(), "'" + path + "' needs 'view': the part of the batch that it reads");
  }
  return spec;
}

PassSpec ModelSpecReader::pass(const std::string& name, const Node& node) {
  const std::string path = "model.passes." + name;
  PassSpec spec{.name = name, .mark = node.mark()};
  if (!expect_map(node, path, faults_)) {
    return spec;
  }
  const Names known = {"input",   "encoder",      "route",  "continue", "from_layer", "to_layer",
                       "decoder", "target_input", "memory", "pool",     "project"};
  for (const auto& [key, value] : node.entries()) {
    if (key == "input") {
      spec.input = input(value, path + ".input");
    } else if (key == "target_input") {
      spec.target_input = input(value, path + ".target_input");
    } else if (key == "from_layer") {
      spec.from_layer = positive(value, path + "." + key, 0);
    } else if (key == "to_layer") {
      spec.to_layer = positive(value, path + "." + key);
    } else if (std::string* slot = slot_of(spec, key)) {
      if (!value.is_scalar()) {
        faults_.add(value.mark(), "'" + path + "." + key + "' must be a name");
      }
      *slot = value.text();
    } else {
      unknown_key(value, path, key, known, faults_);
    }
  }
  if (spec.input.part.empty() == spec.source.empty()) {
    faults_.add(node.mark(), "'" + path + "' must have either 'input' or 'continue'");
  }
  return spec;
}

std::vector<TargetSpec> ModelSpecReader::targets(const Node& node) {
  std::vector<Node> items;
  if (node.is_list()) {
    items = node.items();
  } else {
    items.push_back(node);
  }
  std::vector<TargetSpec> targets;
  std::set<std::string> names;
  for (size_t i = 0; i < items.size(); ++i) {
    TargetSpec target;
    target.path = "model.target[" + std::to_string(i) + "]";
    target.component = read_choice(items[i], target.path, faults_);
    registry_.check("target", target.component, target.path, faults_);
    const Node* name = target.component.config.find("name");
    target.name = name != nullptr && !name->text().empty() ? name->text() : target.component.name;
    if (!names.insert(target.name).second) {
      faults_.add(items[i].mark(),
                  "two targets are named '" + target.name + "': give one of them a 'name'");
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

std::vector<Relation> ModelSpecReader::relations(const Node& node, const std::string& path) {
  std::vector<Relation> result;
  if (expect_map(node, path, faults_)) {
    for (const auto& [key, value] : node.entries()) {
      if (!value.is_scalar()) {
        faults_.add(value.mark(), "'" + path + "." + key + "' must be a name");
      }
      result.push_back({{key, value.mark()}, value.text()});
    }
  }
  return result;
}

std::vector<NamePattern> ModelSpecReader::patterns(const Node& node, const std::string& path) {
  std::vector<NamePattern> result;
  if (node.is_scalar()) {
    return {{node.text(), node.mark()}};
  }
  if (!node.is_list()) {
    faults_.add(node.mark(), "'" + path + "' must be a list of patterns");
  }
  for (const Node& item : node.items()) {
    result.push_back({item.text(), item.mark()});
  }
  return result;
}

int64_t ModelSpecReader::positive(const Node& value, const std::string& path, int64_t least) {
  const auto number = parse_integer(value.text());
  if (!value.is_scalar() || value.quoted() || !number || *number < least ||
      *number > (int64_t{1} << 31)) {
    faults_.add(value.mark(), "'" + path + "' must be a whole number >= " + std::to_string(least) +
                                  ", but is '" + value.text() + "' instead");
    return least;
  }
  return *number;
}

EmbeddingSpec::Item ModelSpecReader::item(const Node& node, const std::string& path) {
  EmbeddingSpec::Item item;
  if (node.is_map() && node.find("sum") != nullptr) {
    item.sum.push_back(embedding(node, path));
    return item;
  }
  item.component = read_choice(node, path, faults_);
  registry_.check("embedding", item.component, path, faults_);
  return item;
}

void ModelSpecReader::read_items(const Node& list, const std::string& path, EmbeddingSpec& spec) {
  if (!list.is_list() || list.items().empty()) {
    faults_.add(list.mark(), "'" + path + "' must be a list of embeddings");
    return;
  }
  for (size_t i = 0; i < list.items().size(); ++i) {
    spec.items.push_back(item(list.items()[i], path + "[" + std::to_string(i) + "]"));
  }
}

void ModelSpecReader::read_part_body(const Node& value, const std::string& path, PartSpec& spec) {
  if (spec.kind == "embedding") {
    spec.embedding = embedding(value, path);
  } else if (spec.kind == "project") {
    spec.project = positive(value, path);
  } else {
    spec.component = read_choice(value, path, faults_);
    registry_.check(spec.kind, spec.component, path, faults_);
  }
}

PassInput ModelSpecReader::input(const Node& value, const std::string& path) {
  if (value.is_scalar()) {
    return {value.text(), ""};
  }
  if (value.is_map() && value.entries().size() == 1 && value.entries()[0].second.is_scalar()) {
    return {value.entries()[0].first, value.entries()[0].second.text()};
  }
  faults_.add(value.mark(),
              "'" + path +
                  "' must be the name of an embedding part or "
                  "{part: view}; a list of parts (one joint sequence) is not supported");
  return {};
}

}  // namespace tpretrain
