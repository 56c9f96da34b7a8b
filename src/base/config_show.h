/// How messages about a recipe show what stands in it.
#pragma once

#include <string>

#include "tpretrain/base/config.h"
#include "tpretrain/base/node.h"

namespace tpretrain {

bool is_bounded(const Range& range);

/// The text in single quotes, control characters escaped, cut at 60 bytes.
std::string shown(const std::string& text);

/// "'12'", "the string '12'", "a list", "a map" or "null".
std::string shown(const Node& node);

}  // namespace tpretrain
