/// Sizes of a tensor for messages.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tpretrain {

/// "[768, 512]"
std::string shape_text(std::span<const int64_t> shape);

}  // namespace tpretrain
