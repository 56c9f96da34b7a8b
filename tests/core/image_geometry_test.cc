#include "core/image_geometry.h"

#include <cmath>

#include <gtest/gtest.h>

namespace tpretrain {
namespace {

constexpr uint64_t kGeometryKey = 5;

TEST(FittedPart, CutsTheMiddleOutOfTheLongerSide) {
  ImageTransformConfig config;
  config.size = 100;
  // 200 x 300 becomes 100 x 150; 25 pixels go on either side, 50 before the resize.
  const kernels::ResizeBox box = fitted_part(config, 200, 300).box;
  EXPECT_EQ(box.left, 50);
  EXPECT_EQ(box.right, 250);
  EXPECT_EQ(box.top, 0);
  EXPECT_EQ(box.bottom, 200);
}

TEST(FittedPart, KeepsAShareOfTheShorterSide) {
  ImageTransformConfig config;
  config.size = 224;
  config.crop_share = 0.875;  // 256 pixels, 16 of which go on either side
  const kernels::ResizeBox box = fitted_part(config, 512, 512).box;
  EXPECT_EQ(box.left, 32);
  EXPECT_EQ(box.bottom, 480);
}

TEST(FittedPart, HalvesOfAPixelRoundToEvenAsInTorchvision) {
  ImageTransformConfig config;
  config.size = 10;
  EXPECT_EQ(fitted_part(config, 10, 11).box.left, 0);  // 0.5 pixels
  EXPECT_EQ(fitted_part(config, 10, 13).box.left, 2);  // 1.5 pixels
}

TEST(FittedPart, SquashTakesAll) {
  ImageTransformConfig config;
  config.fit = ImageTransformConfig::Fit::kSquash;
  const kernels::ResizeBox box = fitted_part(config, 20, 1000).box;
  EXPECT_EQ(box.right, 1000);
  EXPECT_EQ(box.bottom, 20);
}

TEST(FittedPart, LiesInThePictureWhateverItsShape) {
  ImageTransformConfig config;
  config.crop_share = 0.9;
  for (const auto& [height, width] : {std::pair{1, 60000}, {60000, 1}, {1, 1}, {7, 3}}) {
    const kernels::ResizeBox box = fitted_part(config, height, width).box;
    EXPECT_GE(box.left, 0);
    EXPECT_GE(box.top, 0);
    EXPECT_LE(box.right, width);
    EXPECT_LE(box.bottom, height);
    EXPECT_LT(box.left, box.right);
    EXPECT_LT(box.top, box.bottom);
  }
}

TEST(RandomPart, HasTheAreasAndShapesThatWereAskedFor) {
  const RandomResizedCropConfig config{{0.2, 0.6}, {0.5, 2.0}};
  double least = 1;
  double most = 0;
  double wide = 0;
  for (uint64_t i = 0; i < 2000; ++i) {
    CounterRng rng(kGeometryKey, i);
    const kernels::ResizeBox box = random_part(config, 64, 300, 400, rng).box;
    const double h = box.bottom - box.top;
    const double w = box.right - box.left;
    EXPECT_GE(box.left, 0);
    EXPECT_GE(box.top, 0);
    EXPECT_LE(box.right, 400);
    EXPECT_LE(box.bottom, 300);
    EXPECT_NEAR(std::log(w / h), 0, std::log(2.0) + 0.02);
    const double share = h * w / (300 * 400);
    least = std::min(least, share);
    most = std::max(most, share);
    wide += w > h ? 1 : 0;
  }
  EXPECT_NEAR(least, 0.2, 0.01);
  EXPECT_NEAR(most, 0.6, 0.01);
  EXPECT_NEAR(wide / 2000, 0.5, 0.1);  // shapes are drawn by their logarithm
}

TEST(RandomPart, ReachesEveryPlace) {
  const RandomResizedCropConfig config{{0.25, 0.25}, {1, 1}};
  int64_t corners = 0;
  for (uint64_t i = 0; i < 500; ++i) {
    CounterRng rng(kGeometryKey, i);
    const kernels::ResizeBox box = random_part(config, 4, 8, 8, rng).box;
    EXPECT_EQ(box.right - box.left, 4);
    corners |= box.left == 0 && box.top == 0 ? 1 : 0;
    corners |= box.right == 8 && box.bottom == 8 ? 2 : 0;
    corners |= box.left == 0 && box.bottom == 8 ? 4 : 0;
  }
  EXPECT_EQ(corners, 7);
}

TEST(RandomPart, TakesTheMiddleWhereNoCropFits) {
  CounterRng rng(kGeometryKey, 0);
  const RandomResizedCropConfig config{{0.9, 1.0}, {0.75, 4.0 / 3.0}};
  const kernels::ResizeBox box = random_part(config, 64, 30, 900, rng).box;
  EXPECT_EQ(box.bottom - box.top, 30);
  EXPECT_EQ(box.right - box.left, 40);
  EXPECT_EQ(box.left, 430);
}

TEST(RandomPart, AOnePixelPictureIsItsOnlyCrop) {
  CounterRng rng(kGeometryKey, 0);
  const kernels::ResizeBox box = random_part({}, 64, 1, 1, rng).box;
  EXPECT_EQ(box.right, 1);
  EXPECT_EQ(box.bottom, 1);
}

}  // namespace
}  // namespace tpretrain
