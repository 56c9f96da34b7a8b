// Merging of recipe trees: `extends:`, the file, `--set`.
#include <algorithm>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"
#include "tpretrain/core/recipe.h"

namespace tpretrain {
namespace {

/// Keys whose value chooses a registry entry, wherever they stand.
bool is_choice_path(const std::string& path) {
  static const std::vector<std::string> names = {"tokenizer", "processor", "encoder",  "decoder",
                                                 "pool",      "optimizer", "schedule", "norm"};
  if (path == "data.train" || path == "data.valid" || path == "model.target" ||
      path == "validate.zero_shot.source") {
    return true;
  }
  const size_t dot = path.rfind('.');
  const std::string last = dot == std::string::npos ? path : path.substr(dot + 1);
  // The embedding, encoder, ... of a part in the full form are choices as well.
  return std::find(names.begin(), names.end(), last) != names.end();
}

/// The chosen name of a bare name or one-key map; "" for anything else.
std::string choice_name(const Node& node) {
  if (node.is_scalar()) {
    return node.text();
  }
  return node.is_map() && node.entries().size() == 1 ? node.entries()[0].first : "";
}

/// An embedding is a list, a struct with `sum`, or one component by name, which is a choice.
bool is_one_embedding(const std::string& path, const Node& node) {
  static const std::vector<std::string> struct_keys = {"sum", "norm", "dropout", "width"};
  return (path == "embedding" || path.ends_with(".embedding")) && !choice_name(node).empty() &&
         std::find(struct_keys.begin(), struct_keys.end(), choice_name(node)) == struct_keys.end();
}

Node as_choice_map(const Node& node) {
  return node.is_scalar() ? Node::map({{node.text(), Node()}}, node.mark()) : node;
}

std::string below(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

constexpr int kMaxExtends = 16;

Node read_extended(const std::filesystem::path& path, int depth) {
  Node tree = read_yaml(path);
  if (!tree.is_map()) {
    throw ConfigError(path.string() + ":1:1: a recipe must be a map");
  }
  const Node* extends = tree.find("extends");
  if (extends == nullptr) {
    return tree;
  }
  if (depth >= kMaxExtends) {
    throw ConfigError(extends->mark().text() + ": `extends` is nested too deep (a circle?)");
  }
  std::vector<Node> bases;
  if (extends->is_list()) {
    bases = extends->items();
  } else {
    bases.push_back(*extends);
  }
  Node merged = Node::map({}, tree.mark());
  for (const Node& base : bases) {
    if (!base.is_scalar()) {
      throw ConfigError(extends->mark().text() +
                        ": 'extends' must be a file name or a list of them");
    }
    try {
      merge_nodes(merged, read_extended(path.parent_path() / base.text(), depth + 1));
    } catch (Error& error) {
      error.add_context("extended at " + base.mark().text());
      throw;
    }
  }
  tree.erase("extends");
  merge_nodes(merged, tree);
  return merged;
}

/// One step of a --set path: a key, or a list item by index or by name.
struct Step {
  std::string key;
  std::string item;  ///< "[nsp]" or "[0]" after the key; empty: none
};

std::vector<Step> parse_steps(const std::string& path, const std::string& option) {
  std::vector<Step> steps;
  for (const std::string& part : split(path, '.')) {
    Step step{part, ""};
    const size_t open = part.find('[');
    if (open != std::string::npos) {
      if (part.back() != ']') {
        throw UsageError("--set " + option + ": '[' without ']'");
      }
      step.key = part.substr(0, open);
      step.item = part.substr(open + 1, part.size() - open - 2);
    }
    if (step.key.empty()) {
      throw UsageError("--set " + option + ": empty key");
    }
    steps.push_back(step);
  }
  return steps;
}

/// A bare name or `{name: config}`, but not a struct of one key such as `{match: encoder}`.
bool is_choice(const Node& node) {
  return !choice_name(node).empty() && (node.is_scalar() || !node.entries()[0].second.is_scalar());
}

/// A list item found by index, by its `name`, or by its registry name: of a choice the config.
Node& list_item(Node& list, const std::string& item, const std::string& option) {
  if (list.is_map() || list.is_scalar()) {
    list = Node::list({list}, list.mark());  // a single target stands for a list of one
  }
  const auto index = parse_integer(item);
  for (size_t i = 0; i < list.items().size(); ++i) {
    Node& node = list.items()[i];
    const bool choice = is_choice(node);
    const Node* config = !choice ? &node : node.is_map() ? &node.entries()[0].second : nullptr;
    const Node* name = config != nullptr ? config->find("name") : nullptr;
    const std::string known = name != nullptr && !name->text().empty() ? name->text()
                              : choice                                 ? choice_name(node)
                                                                       : "";
    if ((index && *index == static_cast<int64_t>(i)) || known == item) {
      if (!choice) {
        return node;
      }
      node = as_choice_map(node);
      return node.entries()[0].second;
    }
  }
  throw ConfigError("--set " + option + ": the list has no item '" + item + "'");
}

}  // namespace

void merge_nodes(Node& base, const Node& over, const std::string& path) {
  if (base.is_null()) {
    base = over;
    return;
  }
  if (is_choice_path(path) || is_one_embedding(path, base) || is_one_embedding(path, over)) {
    const std::string from = choice_name(base);
    const std::string to = choice_name(over);
    if (from.empty() || from != to) {
      base = over;
      return;
    }
    base = as_choice_map(base);
    if (over.is_map()) {
      merge_nodes(base.entries()[0].second, over.entries()[0].second, below(path, to));
    }
    return;
  }
  if (!base.is_map() || !over.is_map()) {
    base = over;
    return;
  }
  for (const auto& [key, value] : over.entries()) {
    if (Node* existing = base.find(key)) {
      merge_nodes(*existing, value, below(path, key));
    } else {
      base.set(key, value);
    }
  }
}

Node read_extended(const std::filesystem::path& path) {
  return read_extended(path, 0);
}

void apply_set(Node& tree, const std::string& option) {
  const size_t equals = option.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError("--set " + option + ": must be KEY=VALUE, for example train.batch=64");
  }
  const std::string key = option.substr(0, equals);
  const std::string text = option.substr(equals + 1);
  // An empty document would read as an empty map; here it takes the key back to its default.
  const bool none = trim(text).empty() || trim(text) == "null";
  const Node value = none ? Node() : parse_yaml(text, "--set");
  Node* at = &tree;
  std::string path;
  const std::vector<Step> steps = parse_steps(key, option);
  for (size_t i = 0; i < steps.size(); ++i) {
    if (at->is_scalar() && is_choice_path(path)) {
      *at = as_choice_map(*at);
    }
    if (!at->is_map() && !at->is_null()) {
      throw ConfigError("--set " + option + ": '" + path + "' is not a map");
    }
    path = below(path, steps[i].key);
    const bool last = i + 1 == steps.size() && steps[i].item.empty();
    Node* next = at->find(steps[i].key);
    if (next == nullptr) {
      if (is_choice_path(
              path.substr(0, path.rfind('.') == std::string::npos ? 0 : path.rfind('.'))) &&
          at->is_map() && !at->entries().empty()) {
        throw ConfigError("--set " + option + ": '" + choice_name(*at) +
                          "' is chosen there, not '" + steps[i].key + "'");
      }
      next = &at->set(steps[i].key, Node());
    }
    at = next;
    if (!steps[i].item.empty()) {
      at = &list_item(*at, steps[i].item, option);
      path += "[]";
    }
    if (last) {
      Node copy = *at;
      merge_nodes(copy, value, path);
      *at = copy;
      return;
    }
  }
  merge_nodes(*at, value, path);
}

}  // namespace tpretrain
