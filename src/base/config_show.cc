#include "base/config_show.h"

#include <cmath>

#include "tpretrain/base/text.h"

namespace tpretrain {

bool is_bounded(const Range& range) {
  return std::isfinite(range.min) || std::isfinite(range.max);
}

std::string shown(const std::string& text) {
  constexpr size_t kMost = 60;
  return "'" + escape_control(text.size() > kMost ? text.substr(0, kMost) + "..." : text) + "'";
}

std::string shown(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
    case Node::Kind::kScalar:
      return (node.quoted() ? "the string " : "") + shown(node.text());
  }
  return "";
}

}  // namespace tpretrain
