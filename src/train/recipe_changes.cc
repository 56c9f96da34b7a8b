#include "train/recipe_changes.h"

#include <algorithm>

#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

std::string shown(const Node& node) {
  if (node.is_scalar()) {
    return node.text();
  }
  return node.is_null() ? "null" : std::string(trim(write_yaml(node)));
}

void compare(const Node& before, const Node& now, const std::string& path,
             std::vector<std::string>& changes) {
  if (before.same_value(now)) {
    return;
  }
  const auto below = [&path](const std::string& key) {
    return path.empty() ? key : path + "." + key;
  };
  if (before.is_map() && now.is_map()) {
    for (const auto& [key, value] : now.entries()) {
      const Node* earlier = before.find(key);
      if (earlier == nullptr) {
        changes.push_back(below(key) + ": not there -> " + shown(value));
      } else {
        compare(*earlier, value, below(key), changes);
      }
    }
    for (const auto& [key, value] : before.entries()) {
      if (now.find(key) == nullptr) {
        changes.push_back(below(key) + ": " + shown(value) + " -> not there");
      }
    }
    return;
  }
  if (before.is_list() && now.is_list() && before.items().size() == now.items().size()) {
    for (size_t i = 0; i < now.items().size(); ++i) {
      compare(before.items()[i], now.items()[i], below(std::to_string(i)), changes);
    }
    return;
  }
  changes.push_back(path + ": " + shown(before) + " -> " + shown(now));
}

}  // namespace

std::vector<std::string> recipe_changes(const Node& before, const Node& now) {
  std::vector<std::string> changes;
  compare(before, now, "", changes);
  return changes;
}

}  // namespace tpretrain
