#include "train/report/recipe_lines.h"

#include <string_view>

#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain::report {
namespace {

Mark inside(Mark mark, const fs::path& run) {
  const std::string folder = (run / "").string();
  if (mark.source.starts_with(folder)) {
    mark.source.erase(0, folder.size());
  }
  return mark;
}

/// `composed` is null where recipe.yaml has no such node.
void take_origins(Node& node, const Node* composed, const fs::path& run) {
  const bool same_kind = composed != nullptr && composed->kind() == node.kind();
  const bool leaf = node.items().empty() && node.entries().empty();
  const bool known = same_kind && (!leaf || node.same_value(*composed));
  node.set_mark(known ? inside(composed->mark(), run) : Mark{kSetAtStart, 0, 0});
  for (size_t i = 0; i < node.items().size(); ++i) {
    const bool there = same_kind && i < composed->items().size();
    take_origins(node.items()[i], there ? &composed->items()[i] : nullptr, run);
  }
  for (auto& [key, value] : node.entries()) {
    take_origins(value, same_kind ? composed->find(key) : nullptr, run);
  }
}

void drop_marks(Node& node) {
  node.set_mark({});
  for (Node& item : node.items()) {
    drop_marks(item);
  }
  for (auto& [key, value] : node.entries()) {
    drop_marks(value);
  }
}

}  // namespace

Node without_origins(const Node& resolved) {
  Node tree = resolved;
  drop_marks(tree);
  return tree;
}

Node with_origins(const Node& resolved, const Node& composed, const fs::path& run) {
  Node tree = resolved;
  take_origins(tree, &composed, run);
  return tree;
}

std::vector<RecipeLine> recipe_lines(const Node& tree) {
  // The comments are only ever added at ends of lines, so the text without them tells where each
  // begins, whatever the values hold.
  const std::vector<std::string> plain = split(write_yaml(tree), '\n');
  const std::vector<std::string> commented = split(write_yaml(tree, &origin_comment), '\n');
  std::vector<RecipeLine> lines;
  for (size_t i = 0; i + 1 < plain.size(); ++i) {
    std::string_view origin = commented[i];
    origin.remove_prefix(plain[i].size());
    origin.remove_prefix(std::min(origin.size(), std::string_view("  # ").size()));
    lines.push_back({plain[i], std::string(origin)});
  }
  return lines;
}

}  // namespace tpretrain::report
