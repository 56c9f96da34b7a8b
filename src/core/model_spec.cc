// Reading and writing the full form.
#include "tpretrain/core/model_spec.h"

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

class Reader {
 public:
  Reader(const Registry& registry, Faults& faults) : registry_(registry), faults_(faults) {}

  EmbeddingSpec embedding(const Node& node, const std::string& path) {
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

  PartSpec part(const std::string& name, const Node& node) {
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

  PassSpec pass(const std::string& name, const Node& node) {
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

  void targets(const Node& node, ModelSpec& spec) {
    std::vector<Node> items;
    if (node.is_list()) {
      items = node.items();
    } else {
      items.push_back(node);
    }
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
      spec.targets.push_back(std::move(target));
    }
  }

  std::vector<std::pair<std::string, std::string>> pairs(const Node& node,
                                                         const std::string& path) {
    std::vector<std::pair<std::string, std::string>> result;
    if (expect_map(node, path, faults_)) {
      for (const auto& [key, value] : node.entries()) {
        result.emplace_back(key, value.text());
      }
    }
    return result;
  }

  Names patterns(const Node& node, const std::string& path) {
    Names result;
    if (node.is_scalar()) {
      return {node.text()};
    }
    if (!node.is_list()) {
      faults_.add(node.mark(), "'" + path + "' must be a list of patterns");
    }
    for (const Node& item : node.items()) {
      result.push_back(item.text());
    }
    return result;
  }

 private:
  static std::string* slot_of(PassSpec& spec, const std::string& key) {
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

  int64_t positive(const Node& value, const std::string& path, int64_t least = 1) {
    const auto number = parse_integer(value.text());
    if (!value.is_scalar() || value.quoted() || !number || *number < least ||
        *number > (int64_t{1} << 31)) {
      faults_.add(value.mark(), "'" + path +
                                    "' must be a whole number >= " + std::to_string(least) +
                                    ", but is '" + value.text() + "' instead");
      return least;
    }
    return *number;
  }

  EmbeddingSpec::Item item(const Node& node, const std::string& path) {
    EmbeddingSpec::Item item;
    if (node.is_map() && node.find("sum") != nullptr) {
      item.sum.push_back(embedding(node, path));
      return item;
    }
    item.component = read_choice(node, path, faults_);
    registry_.check("embedding", item.component, path, faults_);
    return item;
  }

  void read_items(const Node& list, const std::string& path, EmbeddingSpec& spec) {
    if (!list.is_list() || list.items().empty()) {
      faults_.add(list.mark(), "'" + path + "' must be a list of embeddings");
      return;
    }
    for (size_t i = 0; i < list.items().size(); ++i) {
      spec.items.push_back(item(list.items()[i], path + "[" + std::to_string(i) + "]"));
    }
  }

  void read_part_body(const Node& value, const std::string& path, PartSpec& spec) {
    if (spec.kind == "embedding") {
      spec.embedding = embedding(value, path);
    } else if (spec.kind == "project") {
      spec.project = positive(value, path);
    } else {
      spec.component = read_choice(value, path, faults_);
      registry_.check(spec.kind, spec.component, path, faults_);
    }
  }

  PassInput input(const Node& value, const std::string& path) {
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

  const Registry& registry_;
  Faults& faults_;
};

/// A pass that continues another one runs the same encoder unless it names its own.
void inherit_encoders(std::vector<PassSpec>& passes) {
  for (auto pass = passes.begin(); pass != passes.end(); ++pass) {
    const auto source = std::find_if(passes.begin(), pass, [&pass](const PassSpec& earlier) {
      return earlier.name == pass->source;
    });
    if (pass->encoder.empty() && source != pass) {
      pass->encoder = source->encoder;
    }
  }
}

/// Checks that a pass names parts of the right kind.
class PassChecker {
 public:
  PassChecker(const ModelSpec& spec, Faults& faults) : spec_(spec), faults_(faults) {}

  void check(const PassSpec& pass) {
    pass_ = &pass;
    expect(pass.input.part, "input", "embedding");
    expect(pass.encoder, "encoder", "encoder");
    expect(pass.decoder, "decoder", "decoder");
    expect(pass.target_input.part, "target_input", "embedding");
    expect(pass.pool, "pool", "pool");
    expect(pass.project, "project", "project");
    expect_pass(pass.source, "continue");
    expect_pass(pass.memory, "memory");
    if (pass.decoder.empty() != pass.target_input.part.empty()) {
      fault("'decoder' and 'target_input' go together");
    }
  }

 private:
  void fault(const std::string& text) {
    faults_.add(pass_->mark, "'model.passes." + pass_->name + "': " + text);
  }

  void expect(const std::string& part, const std::string& key, const std::string& kind) {
    if (part.empty()) {
      return;
    }
    const PartSpec* found = spec_.part(part);
    if (found == nullptr) {
      Names names;
      for (const PartSpec& known : spec_.parts) {
        names.push_back(known.name);
      }
      fault(key + " names no part '" + part + "'" + suggestion(part, names));
    } else if (found->kind != kind) {
      fault(key + " must be a part of kind " + kind + ", but '" + part + "' is of kind " +
            found->kind);
    }
  }

  void expect_pass(const std::string& name, const std::string& key) {
    if (name.empty()) {
      return;
    }
    for (const PassSpec& known : spec_.passes) {
      if (known.name == pass_->name) {
        break;  // only earlier passes: no circle is possible
      }
      if (known.name == name) {
        return;
      }
    }
    fault(key + " must name a pass that stands before it, but is '" + name + "' instead");
  }

  const ModelSpec& spec_;
  Faults& faults_;
  const PassSpec* pass_ = nullptr;
};

Node text_node(const std::string& text) {
  return Node::scalar(text, {"default"});
}

Node complete_choice(const Choice& choice, const char* kind, const Registry& registry) {
  const Registry::Entry& entry = registry.require(kind, choice);
  return Node::map({{choice.name, entry.complete(choice.config)}}, choice.mark);
}

Node write_embedding(const EmbeddingSpec& spec, const Registry& registry) {
  std::vector<Node> items;
  for (const EmbeddingSpec::Item& item : spec.items) {
    items.push_back(item.sum.empty() ? complete_choice(item.component, "embedding", registry)
                                     : write_embedding(item.sum[0], registry));
  }
  Node node = Node::map({{"sum", Node::list(items)}});
  node.set("norm", write_norm(spec.norm));
  node.set("dropout", text_node(number_text(spec.dropout)));
  if (spec.width != 0) {
    node.set("width", text_node(std::to_string(spec.width)));
  }
  return node;
}

Node write_part(const PartSpec& part, const Registry& registry) {
  Node node = Node::map();
  if (part.kind == "embedding") {
    node.set("view", text_node(part.view));
    node.set("embedding", write_embedding(part.embedding, registry));
  } else if (part.kind == "project") {
    node.set("project", text_node(std::to_string(part.project)));
    node.set("bias", text_node(part.project_bias ? "true" : "false"));
  } else {
    node.set(part.kind, complete_choice(part.component, part.kind.c_str(), registry));
  }
  return node;
}

Node write_input(const PassInput& input) {
  return input.view.empty() ? text_node(input.part)
                            : Node::map({{input.part, text_node(input.view)}});
}

Node write_pass(const PassSpec& pass) {
  Node node = Node::map();
  const auto text = [&node](const char* key, const std::string& value) {
    if (!value.empty()) {
      node.set(key, text_node(value));
    }
  };
  if (!pass.input.part.empty()) {
    node.set("input", write_input(pass.input));
  }
  text("continue", pass.source);
  if (pass.from_layer != 0) {
    node.set("from_layer", text_node(std::to_string(pass.from_layer)));
  }
  text("encoder", pass.encoder);
  if (pass.to_layer >= 0) {
    node.set("to_layer", text_node(std::to_string(pass.to_layer)));
  }
  text("route", pass.route);
  text("decoder", pass.decoder);
  if (!pass.target_input.part.empty()) {
    node.set("target_input", write_input(pass.target_input));
  }
  text("memory", pass.memory);
  text("pool", pass.pool);
  text("project", pass.project);
  return node;
}

Node write_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Node node = Node::map();
  for (const auto& [key, value] : pairs) {
    node.set(key, text_node(value));
  }
  return node;
}

}  // namespace

const PartSpec* ModelSpec::part(const std::string& name) const {
  for (const PartSpec& part : parts) {
    if (part.name == name) {
      return &part;
    }
  }
  return nullptr;
}

ModelSpec read_model_spec(const Node& full, const Registry& registry, Faults& faults) {
  ModelSpec spec;
  if (!full.is_map()) {
    return spec;  // expand_model has said why
  }
  Reader reader(registry, faults);
  for (const auto& [name, node] : full.find("parts")->entries()) {
    spec.parts.push_back(reader.part(name, node));
  }
  for (const auto& [name, node] : full.find("passes")->entries()) {
    spec.passes.push_back(reader.pass(name, node));
  }
  inherit_encoders(spec.passes);
  PassChecker checker(spec, faults);
  for (const PassSpec& pass : spec.passes) {
    checker.check(pass);
  }
  if (const Node* target = full.find("target")) {
    reader.targets(*target, spec);
  }
  if (spec.targets.empty()) {
    faults.add(full.mark(), "missing key 'model.target': what the model is trained for");
  }
  if (const Node* tie = full.find("tie")) {
    spec.ties = reader.pairs(*tie, "model.tie");
  }
  if (const Node* share = full.find("share")) {
    spec.shares = reader.pairs(*share, "model.share");
  }
  for (const auto& [part, owner] : spec.shares) {
    const PartSpec* a = spec.part(part);
    const PartSpec* b = spec.part(owner);
    if (a == nullptr || b == nullptr || a->kind != b->kind) {
      faults.add(full.find("share")->mark(),
                 "model.share: '" + part + "' and '" + owner + "' must be two parts of one kind");
    }
  }
  if (const Node* freeze = full.find("freeze")) {
    spec.freeze = reader.patterns(*freeze, "model.freeze");
  }
  return spec;
}

Node write_model_spec(const ModelSpec& spec, const Registry& registry) {
  Node parts = Node::map();
  for (const PartSpec& part : spec.parts) {
    parts.set(part.name, write_part(part, registry));
  }
  Node passes = Node::map();
  for (const PassSpec& pass : spec.passes) {
    passes.set(pass.name, write_pass(pass));
  }
  std::vector<Node> targets;
  for (const TargetSpec& target : spec.targets) {
    targets.push_back(complete_choice(target.component, "target", registry));
  }
  Node model = Node::map({{"parts", parts}, {"passes", passes}, {"target", Node::list(targets)}});
  if (!spec.ties.empty()) {
    model.set("tie", write_pairs(spec.ties));
  }
  if (!spec.shares.empty()) {
    model.set("share", write_pairs(spec.shares));
  }
  if (!spec.freeze.empty()) {
    std::vector<Node> patterns;
    for (const std::string& pattern : spec.freeze) {
      patterns.push_back(text_node(pattern));
    }
    model.set("freeze", Node::list(patterns));
  }
  return model;
}

}  // namespace tpretrain
