#include "tpretrain/base/node.h"

#include <algorithm>

#include "tpretrain/base/error.h"

namespace tpretrain {

std::string Mark::text() const {
  if (line == 0) {
    return source;
  }
  return source + ":" + std::to_string(line) + ":" + std::to_string(column);
}

Node Node::scalar(std::string text, Mark mark, bool quoted) {
  Node node;
  node.kind_ = Kind::kScalar;
  node.quoted_ = quoted;
  node.text_ = std::move(text);
  node.mark_ = std::move(mark);
  return node;
}

Node Node::list(std::vector<Node> items, Mark mark) {
  Node node;
  node.kind_ = Kind::kList;
  node.items_ = std::move(items);
  node.mark_ = std::move(mark);
  return node;
}

Node Node::map(std::vector<Entry> entries, Mark mark) {
  Node node;
  node.kind_ = Kind::kMap;
  node.entries_ = std::move(entries);
  node.mark_ = std::move(mark);
  return node;
}

const Node* Node::find(const std::string& key) const noexcept {
  const auto at = std::find_if(entries_.begin(), entries_.end(),
                               [&key](const Entry& entry) { return entry.first == key; });
  return at == entries_.end() ? nullptr : &at->second;
}

Node* Node::find(const std::string& key) noexcept {
  return const_cast<Node*>(std::as_const(*this).find(key));
}

Node& Node::set(const std::string& key, Node value) {
  if (kind_ == Kind::kNull) {
    kind_ = Kind::kMap;
  }
  TP_ASSERT(kind_ == Kind::kMap);
  if (Node* present = find(key)) {
    *present = std::move(value);
    return *present;
  }
  return entries_.emplace_back(key, std::move(value)).second;
}

bool Node::erase(const std::string& key) {
  return std::erase_if(entries_, [&key](const Entry& entry) { return entry.first == key; }) != 0;
}

bool Node::same_value(const Node& other) const {
  const auto same_item = [](const Node& a, const Node& b) { return a.same_value(b); };
  const auto same_entry = [](const Entry& a, const Entry& b) {
    return a.first == b.first && a.second.same_value(b.second);
  };
  return kind_ == other.kind_ && text_ == other.text_ &&
         std::equal(items_.begin(), items_.end(), other.items_.begin(), other.items_.end(),
                    same_item) &&
         std::equal(entries_.begin(), entries_.end(), other.entries_.begin(), other.entries_.end(),
                    same_entry);
}

}  // namespace tpretrain
