#include <fmt/core.h>

#include "base/config_show.h"
#include "tpretrain/base/config.h"

namespace tpretrain {

Choice read_choice(const Node& node, const std::string& path, Faults& faults) {
  if (node.is_scalar() && !node.text().empty()) {
    return {node.text(), Node(), node.mark()};
  }
  if (node.is_map() && node.entries().size() == 1 && !node.entries().front().first.empty()) {
    const auto& [name, config] = node.entries().front();
    if (config.is_map() || config.is_null()) {
      return {name, config, node.mark()};
    }
    faults.add(config.mark(),
               fmt::format("'{}.{}' must be a map, but is {}", path, name, shown(config)));
    return {};
  }
  faults.add(node.mark(),
             fmt::format("'{}' must be a name or a map of one name ({{name: {{...}}}}), "
                         "but is {}",
                         path,
                         node.is_map() ? fmt::format("a map of {} names", node.entries().size())
                                       : shown(node)));
  return {};
}

Node write_choice(const Choice& choice) {
  if (!choice) {
    return {};
  }
  if (choice.config.is_null() || (choice.config.is_map() && choice.config.entries().empty())) {
    return Node::scalar(choice.name, choice.mark);
  }
  return Node::map({{choice.name, choice.config}}, choice.mark);
}

}  // namespace tpretrain
