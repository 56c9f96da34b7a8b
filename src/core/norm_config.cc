#include "tpretrain/core/norm_config.h"

#include <algorithm>

#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

struct NormOptions {
  double eps = 1e-5;

  void describe(ConfigVisitor& v) {
    v.field("eps", eps, "Added to the variance or mean square.", {.min = 0, .max = 1});
  }
};

}  // namespace

NormConfig read_norm(const Node& node, const std::string& path, Faults& faults) {
  const Choice choice = read_choice(node, path, faults);
  if (!choice) {
    return {};
  }
  const auto& names = ops::norm_names();
  const auto found = std::find(names.begin(), names.end(), choice.name);
  if (found == names.end()) {
    faults.add(choice.mark, "'" + path + "': unknown norm '" + choice.name + "'" +
                                suggestion(choice.name, names));
    return {};
  }
  NormOptions options;
  read_struct(options, choice.config, path + "." + choice.name, faults);
  return {static_cast<ops::NormKind>(found - names.begin()), options.eps};
}

Node write_norm(const NormConfig& norm) {
  const std::string& name = ops::norm_names()[static_cast<size_t>(norm.kind)];
  if (!norm) {
    return Node::scalar(name, {"default"});
  }
  return Node::map({{name, dump_struct(NormOptions{norm.eps})}}, {"default"});
}

void norm_field(ConfigVisitor& visitor, const char* name, NormConfig& value, const char* doc) {
  visitor.custom(
      name, "none | layer | rms", doc,
      [&value, name](const Node& node, Faults& faults) { value = read_norm(node, name, faults); },
      [&value] { return write_norm(value); });
}

}  // namespace tpretrain
