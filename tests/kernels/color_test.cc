#include "kernels/color.h"

#include "kernels/golden_pictures.h"

namespace tpretrain::kernels {
namespace {

/// How far a level may be from torchvision's, which adds grey and hue with fused multiply-adds.
int allowed(const std::string& op) {
  return op == "hue" || op == "saturation" ? 1 : 0;
}

bool run(const std::string& op, float value, int64_t height, int64_t width, Pixels& pixels) {
  uint8_t* rgb = pixels.data();
  const int64_t count = height * width;
  Pixels work;
  if (op == "brightness") {
    adjust_brightness(rgb, count, value);
  } else if (op == "contrast") {
    adjust_contrast(rgb, count, value);
  } else if (op == "saturation") {
    adjust_saturation(rgb, count, value);
  } else if (op == "hue") {
    adjust_hue(rgb, count, value);
  } else if (op == "sharpness") {
    adjust_sharpness(rgb, height, width, value, work);
  } else if (op == "posterize") {
    posterize(rgb, count, static_cast<int>(value));
  } else if (op == "solarize") {
    solarize(rgb, count, value);
  } else if (op == "autocontrast") {
    autocontrast(rgb, count);
  } else if (op == "equalize") {
    equalize(rgb, count);
  } else {
    return false;  // a geometric one: warp_test.cc
  }
  return true;
}

TEST(Color, GivesTheLevelsOfTorchvision) {
  GoldenPictures golden("augment");
  const int64_t height = golden.height();
  const int64_t width = golden.width();
  const Pixels source = golden.take(height, width);
  int cases = 0;
  for (const auto& entry : golden.cases()) {
    const Pixels expected = golden.take(height, width);
    const std::string op = entry["op"];
    Pixels pixels = source;
    if (run(op, entry["value"], height, width, pixels)) {
      ++cases;
      EXPECT_LE(largest_difference(pixels, expected), allowed(op)) << entry;
    }
  }
  EXPECT_EQ(cases, 21);
}

TEST(Color, FactorOneAndNoTurnChangeNothing) {
  GoldenPictures golden("augment");
  const Pixels source = golden.take(24, 24);
  for (const char* op : {"brightness", "contrast", "saturation", "sharpness"}) {
    Pixels pixels = source;
    ASSERT_TRUE(run(op, 1, 24, 24, pixels));
    EXPECT_EQ(pixels, source) << op;
  }
  Pixels pixels = source;
  adjust_hue(pixels.data(), 24 * 24, 0);
  EXPECT_LE(largest_difference(pixels, source), 1);
}

TEST(Color, AThirdOfATurnMovesRedToGreen) {
  Pixels pixels = {200, 0, 0};
  adjust_hue(pixels.data(), 1, 1.0F / 3);
  EXPECT_EQ(pixels[1], 200);
  EXPECT_LE(pixels[0], 1);
  EXPECT_EQ(pixels[2], 0);
}

TEST(Color, AnEvenPictureHasNoContrastToStretchOrSpread) {
  Pixels pixels(3 * 50, 90);
  autocontrast(pixels.data(), 50);
  EXPECT_EQ(pixels, Pixels(3 * 50, 90));
  equalize(pixels.data(), 50);
  EXPECT_EQ(pixels, Pixels(3 * 50, 90));
}

TEST(Color, SharpnessOfANarrowPictureChangesNothing) {
  Pixels pixels = {1, 2, 3, 200, 100, 50, 7, 8, 9, 9, 9, 9};
  const Pixels before = pixels;
  Pixels work;
  adjust_sharpness(pixels.data(), 2, 2, 0, work);
  EXPECT_EQ(pixels, before);
}

}  // namespace
}  // namespace tpretrain::kernels
