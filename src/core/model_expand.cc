// The three forms of `model:` and how the short ones expand to parts, passes and targets.
#include <algorithm>

#include "tpretrain/base/text.h"
#include "tpretrain/core/model_spec.h"

namespace tpretrain {
namespace {

using Names = std::vector<std::string>;

const Names kRelations = {"target", "tie", "share", "freeze"};

void refuse_unknown(const Node& node, const std::string& path, const Names& known, Faults& faults) {
  for (const auto& [key, value] : node.entries()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      faults.add(value.mark(), "unknown key '" + path + "." + key + "'" + suggestion(key, known));
    }
  }
}

Names with_relations(Names names) {
  names.insert(names.end(), kRelations.begin(), kRelations.end());
  return names;
}

/// Copies `from` to `to` under `key` when it stands there.
void copy_key(const Node& from, const std::string& key, Node& to, const std::string& as) {
  if (const Node* value = from.find(key)) {
    to.set(as, *value);
  }
}

Node name_node(const std::string& name, const Node& like) {
  return Node::scalar(name, like.mark());
}

/// An embedding part that reads `view`.
Node embedding_part(const Node& embedding, const std::string& view) {
  Node part = Node::map({}, embedding.mark());
  part.set("view", name_node(view, embedding));
  part.set("embedding", embedding);
  return part;
}

Node expand_five_parts(const Node& model, Faults& faults) {
  refuse_unknown(
      model, "model",
      with_relations({"embedding", "encoder", "tgt_embedding", "decoder", "pool", "project"}),
      faults);
  Node parts = Node::map({}, model.mark());
  Node pass = Node::map({}, model.mark());
  const Node* embedding = model.find("embedding");
  const Node* encoder = model.find("encoder");
  if (embedding == nullptr || encoder == nullptr) {
    faults.add(model.mark(), "missing key 'model." +
                                 std::string(embedding == nullptr ? "embedding" : "encoder") +
                                 "': a model has at least an embedding and an encoder");
    return {};
  }
  parts.set("embedding", embedding_part(*embedding, "text"));
  pass.set("input", name_node("embedding", *embedding));
  parts.set("encoder", Node::map({{"encoder", *encoder}}, encoder->mark()));
  pass.set("encoder", name_node("encoder", *encoder));
  if (const Node* decoder = model.find("decoder")) {
    const Node* target = model.find("tgt_embedding");
    if (target == nullptr) {
      faults.add(decoder->mark(), "'model.decoder' needs 'model.tgt_embedding'");
      return {};
    }
    parts.set("tgt_embedding", embedding_part(*target, "tgt"));
    parts.set("decoder", Node::map({{"decoder", *decoder}}, decoder->mark()));
    pass.set("decoder", name_node("decoder", *decoder));
    pass.set("target_input", name_node("tgt_embedding", *target));
  } else if (const Node* target = model.find("tgt_embedding")) {
    faults.add(target->mark(), "'model.tgt_embedding' needs 'model.decoder'");
  }
  copy_key(model, "pool", pass, "pool");
  copy_key(model, "project", pass, "project");
  Node full = Node::map({}, model.mark());
  full.set("parts", parts);
  full.set("passes", Node::map({{"main", pass}}, model.mark()));
  return full;
}

Node expand_towers(const Node& model, Faults& faults) {
  refuse_unknown(model, "model", with_relations({"towers"}), faults);
  Node parts = Node::map({}, model.mark());
  Node passes = Node::map({}, model.mark());
  for (const auto& [name, tower] : model.find("towers")->entries()) {
    const std::string path = "model.towers." + name;
    refuse_unknown(tower, path, {"view", "embedding", "encoder", "pool", "project"}, faults);
    const Node* embedding = tower.find("embedding");
    const Node* encoder = tower.find("encoder");
    if (embedding == nullptr || encoder == nullptr) {
      faults.add(tower.mark(), "'" + path + "' needs an embedding and an encoder");
      continue;
    }
    const Node* view = tower.find("view");
    parts.set(name + ".embedding", embedding_part(*embedding, view ? view->text() : name));
    parts.set(name + ".encoder", Node::map({{"encoder", *encoder}}, encoder->mark()));
    Node pass = Node::map({}, tower.mark());
    pass.set("input", name_node(name + ".embedding", *embedding));
    pass.set("encoder", name_node(name + ".encoder", *encoder));
    copy_key(tower, "pool", pass, "pool");
    copy_key(tower, "project", pass, "project");
    passes.set(name, pass);
  }
  Node full = Node::map({}, model.mark());
  full.set("parts", parts);
  full.set("passes", passes);
  return full;
}

/// `project: 512`, or with a bias `project: {size: 512, bias: true}`.
Node project_part(const Node& value) {
  Node part = Node::map({}, value.mark());
  const Node* size = value.is_map() ? value.find("size") : nullptr;
  part.set("project", size != nullptr ? *size : value);
  if (size != nullptr) {
    copy_key(value, "bias", part, "bias");
  }
  return part;
}

/// `pool:` and `project:` of a pass become parts of its own unless they name a part.
void expand_heads(Node& full) {
  Node* parts = full.find("parts");
  for (auto& [name, pass] : full.find("passes")->entries()) {
    for (const std::string head : {"pool", "project"}) {
      Node* value = pass.find(head);
      if (value == nullptr || value->is_null()) {
        continue;
      }
      if (value->is_scalar() && parts->find(value->text()) != nullptr) {
        continue;
      }
      const std::string part = name + "." + head;
      const Mark mark = value->mark();
      parts->set(part,
                 head == "project" ? project_part(*value) : Node::map({{head, *value}}, mark));
      pass.set(head, Node::scalar(part, mark));
    }
  }
}

}  // namespace

Node expand_model(const Node& model, Faults& faults) {
  if (!model.is_map()) {
    faults.add(model.mark(), "'model' must be a map");
    return {};
  }
  Node full;
  if (model.find("parts") != nullptr || model.find("passes") != nullptr) {
    refuse_unknown(model, "model", with_relations({"parts", "passes"}), faults);
    full = Node::map({}, model.mark());
    copy_key(model, "parts", full, "parts");
    copy_key(model, "passes", full, "passes");
  } else if (const Node* towers = model.find("towers")) {
    if (!towers->is_map()) {
      faults.add(towers->mark(), "'model.towers' must be a map of towers");
      return {};
    }
    full = expand_towers(model, faults);
  } else {
    full = expand_five_parts(model, faults);
  }
  for (const std::string key : {"parts", "passes"}) {
    const Node* value = full.find(key);
    if (value == nullptr || !value->is_map() || value->entries().empty()) {
      if (faults.empty()) {
        faults.add(model.mark(), "'model." + key + "' must be a map with at least one entry");
      }
      return {};
    }
  }
  expand_heads(full);
  for (const std::string& key : kRelations) {
    copy_key(model, key, full, key);
  }
  return full;
}

}  // namespace tpretrain
