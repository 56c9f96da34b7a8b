#include "data/image/alpha.h"

namespace tpretrain {
namespace {

/// x / 255 to nearest, exact for x <= 255 * 255.
uint8_t divide_by_255(uint32_t x) {
  x += 128;
  return static_cast<uint8_t>((x + (x >> 8)) >> 8);
}

}  // namespace

void drop_alpha(const uint8_t* rgba, int64_t count, AlphaRule rule, uint8_t* rgb) {
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t alpha = rule == AlphaRule::kDrop ? 255 : rgba[4 * i + 3];
    for (int64_t c = 0; c < 3; ++c) {
      rgb[3 * i + c] = divide_by_255(rgba[4 * i + c] * alpha + 255 * (255 - alpha));
    }
  }
}

}  // namespace tpretrain
