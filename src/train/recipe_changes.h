/// What two resolved recipes differ in, for people.
#pragma once

#include <string>
#include <vector>

#include "tpretrain/base/node.h"

namespace tpretrain {

/// A line for each value that was changed, added or removed, in the order of `now`:
/// "train.optimizer.adamw.lr: 1e-3 -> 2e-3".
std::vector<std::string> recipe_changes(const Node& before, const Node& now);

}  // namespace tpretrain
