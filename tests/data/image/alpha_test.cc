#include "data/image/alpha.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace tpretrain {
namespace {

std::array<uint8_t, 3> flattened(std::array<uint8_t, 4> rgba, AlphaRule rule) {
  std::array<uint8_t, 3> rgb{};
  drop_alpha(rgba.data(), 1, rule, rgb.data());
  return rgb;
}

TEST(DropAlpha, ShowsWhiteThroughWhatIsTransparent) {
  using Rgb = std::array<uint8_t, 3>;
  EXPECT_EQ(flattened({10, 20, 30, 0}, AlphaRule::kWhite), (Rgb{255, 255, 255}));
  EXPECT_EQ(flattened({10, 20, 30, 255}, AlphaRule::kWhite), (Rgb{10, 20, 30}));
  EXPECT_EQ(flattened({0, 100, 255, 128}, AlphaRule::kWhite), (Rgb{127, 177, 255}));
}

TEST(DropAlpha, KeepsStoredColoursWhenAlphaIsDropped) {
  EXPECT_EQ(flattened({10, 20, 30, 0}, AlphaRule::kDrop), (std::array<uint8_t, 3>{10, 20, 30}));
}

TEST(DropAlpha, RoundsToNearestForEveryColourAndAlpha) {
  for (int color = 0; color < 256; ++color) {
    for (int alpha = 0; alpha < 256; ++alpha) {
      const auto c = static_cast<uint8_t>(color);
      const auto rgb = flattened({c, c, c, static_cast<uint8_t>(alpha)}, AlphaRule::kWhite);
      const double exact = (color * alpha + 255.0 * (255 - alpha)) / 255;
      ASSERT_EQ(rgb[0], std::lround(exact)) << color << " " << alpha;
    }
  }
}

}  // namespace
}  // namespace tpretrain
