/// Four channels to three.
#pragma once

#include <cstdint>

#include "data/image/open_image.h"

namespace tpretrain {

/// `rgba` [count, 4] -> `rgb` [count, 3]. kWhite rounds (c * a + 255 * (255 - a)) / 255 to nearest,
/// as PIL's paste with a mask does.
void drop_alpha(const uint8_t* rgba, int64_t count, AlphaRule rule, uint8_t* rgb);

}  // namespace tpretrain
