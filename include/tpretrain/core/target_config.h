/// The keys that every target takes.
#pragma once

#include <string>

#include "tpretrain/base/config.h"

namespace tpretrain {

struct TargetConfig {
  std::string name;
  std::string pass;
  double weight = 1;

  void describe_base(ConfigVisitor& v) {
    v.field("name", name, "Name in metrics and of the parameters; default: the target's key.");
    v.field("pass", pass, "The pass it reads; default: the model's first.");
    v.field("weight", weight, "Factor of its loss.", {.min = 0});
  }

  /// The stated name, or the registry key.
  std::string name_or(const char* key) const { return name.empty() ? key : name; }
};

}  // namespace tpretrain
