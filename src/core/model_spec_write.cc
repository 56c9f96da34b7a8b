// Writing the full form, with every default filled in.
#include "tpretrain/base/text.h"
#include "tpretrain/core/model_spec.h"

namespace tpretrain {
namespace {

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

/// The ties, shares and frozen names.
void write_relations(const ModelSpec& spec, Node& model) {
  Node ties = Node::map();
  for (const Relation& tie : spec.ties) {
    ties.set(tie.borrower.text, text_node(tie.owner));
  }
  Node shares = Node::map();
  for (const auto& [part, owner] : spec.shares) {
    shares.set(part, text_node(owner));
  }
  std::vector<Node> patterns;
  for (const NamePattern& pattern : spec.freeze) {
    patterns.push_back(text_node(pattern.text));
  }
  if (!spec.ties.empty()) {
    model.set("tie", ties);
  }
  if (!spec.shares.empty()) {
    model.set("share", shares);
  }
  if (!patterns.empty()) {
    model.set("freeze", Node::list(patterns));
  }
}

}  // namespace

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
  write_relations(spec, model);
  return model;
}

}  // namespace tpretrain
