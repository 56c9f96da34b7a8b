#include <algorithm>

#include <gmock/gmock.h>

#include "data/image/pictures.h"

namespace tpretrain {
namespace {

using testing::HasSubstr;

TEST(Png, EveryColourTypeAndDepthReadsAsPilReadsIt) {
  expect_pixels_of_pil(".png");
}

TEST(Png, SixteenBitSamplesGiveTheirHighByte) {
  const Image image = decoded("grey_16.png");
  // Row 0 is a ramp round(x / 22 * 65535): 0, 2979, ...
  EXPECT_EQ(image.pixels[0], 0);
  EXPECT_EQ(image.pixels[3], 2979 >> 8);
  EXPECT_EQ(image.pixels[3 * 22], 255);
}

TEST(Png, TransparentPaletteEntriesBecomeWhite) {
  const Image image = decoded("palette_transparent.png");
  // Pixel (0, 0) has entry 0, whose alpha is 0.
  EXPECT_EQ(std::vector<uint8_t>(image.pixels.begin(), image.pixels.begin() + 3),
            (std::vector<uint8_t>{255, 255, 255}));
}

TEST(Png, AMinimumSizeChangesNothing) {
  Image image;
  open_golden("rgb_8.png")->decode(1, 1, image);
  EXPECT_EQ(image.width, 23);
}

TEST(Png, RefusesAWrongChecksumOfAHeader) {
  std::string bytes = golden_bytes("rgb_8.png");
  bytes[29] ^= 1;
  EXPECT_THAT(data_error([&] { decoded(*open_image(bytes, "x.png")); }),
              HasSubstr("x.png: the PNG is damaged: IHDR: CRC error"));
}

TEST(Png, SaysThatAFileIsTruncated) {
  EXPECT_EQ(data_error([] { decoded("truncated.png"); }),
            "truncated.png: the PNG is damaged: the file is truncated");
}

TEST(Png, RefusesASizeThatTheFileCannotHold) {
  std::string bytes = golden_bytes("rgb_8.png");
  bytes[18] = 0x20;  // width 8192 + 23
  bytes[22] = 0x20;
  EXPECT_THAT(data_error([&] { open_image(bytes, "x.png"); }),
              HasSubstr("x.png: the file is truncated: a picture of 8211 x 8215 takes at least"));
}

TEST(Png, RefusesAPictureWithoutPixels) {
  std::string bytes = golden_bytes("rgb_8.png");
  bytes[19] = 0;
  EXPECT_THAT(data_error([&] { open_image(bytes, "x.png"); }), HasSubstr("19 x 0"));
}

}  // namespace
}  // namespace tpretrain
