#include "tpretrain/core/image_transform.h"

#include <algorithm>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/fake_image.h"
#include "kernels/resize.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Pixels = std::vector<uint8_t>;
constexpr uint64_t kTransformKey = 3;

ImageTransformConfig config_of(int64_t size) {
  ImageTransformConfig config;
  config.size = size;
  return config;
}

Pixels applied(const ImageTransformConfig& config, const EncodedImage& image, int64_t ordinal,
               bool training) {
  Pixels out(static_cast<size_t>(config.size * config.size * 3), 77);
  ImageScratch scratch;
  ImageTransform(config).apply(image, kTransformKey, ordinal, training, scratch, out.data());
  return out;
}

Pixels mirrored(const Pixels& pixels, int64_t side) {
  Pixels out(pixels.size());
  for (int64_t i = 0; i < side * side; ++i) {
    std::copy_n(&pixels[3 * i], 3, &out[3 * (i / side * side + side - 1 - i % side)]);
  }
  return out;
}

int largest_difference(const Pixels& a, const Pixels& b) {
  int most = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::abs(int{a[i]} - int{b[i]}));
  }
  return most;
}

/// Resizes the whole picture, then cuts the middle out.
Pixels resized_then_cut(const Image& image, int64_t size, int64_t shorter) {
  const int64_t h = image.height <= image.width ? shorter : shorter * image.height / image.width;
  const int64_t w = image.width <= image.height ? shorter : shorter * image.width / image.height;
  kernels::ResizeScratch scratch;
  Pixels all(static_cast<size_t>(h * w * 3));
  const kernels::ResizePlan plan{
      kernels::ResizeFilter::kBicubic,
      kernels::pass_order(image.height, image.width, h, w),
      {0, 0, static_cast<double>(image.width), static_cast<double>(image.height)},
      h,
      w};
  kernels::resize(kernels::plain_resize_kernels(), plan, image.pixels.data(), image.height,
                  image.width, scratch, all.data());
  Pixels out;
  for (int64_t y = (h - size) / 2; y < (h - size) / 2 + size; ++y) {
    const auto row = all.begin() + 3 * (y * w + (w - size) / 2);
    out.insert(out.end(), row, row + 3 * size);
  }
  return out;
}

TEST(ImageTransform, TheFitIsAResizeAndACut) {
  // Sides such that an even number of pixels is cut off.
  for (const auto& [height, width] :
       {std::pair{40, 60}, {60, 40}, {33, 33}, {200, 40}, {12, 12}, {9, 15}}) {
    const Image image = noise_image(height, width);
    EXPECT_EQ(applied(config_of(24), FakeImage(image), 0, false), resized_then_cut(image, 24, 24))
        << height << " x " << width;
  }
  ImageTransformConfig config = config_of(24);
  config.crop_share = 0.75;
  const Image image = noise_image(48, 48);
  EXPECT_EQ(applied(config, FakeImage(image), 0, false), resized_then_cut(image, 24, 32));
}

TEST(ImageTransform, DecodesAllPixelsUnlessTraining) {
  const FakeImage image(noise_image(64, 96));
  applied(config_of(16), image, 0, false);
  EXPECT_EQ(image.asked, (std::pair<int64_t, int64_t>{0, 0}));
  applied(config_of(16), image, 0, true);
  EXPECT_EQ(image.asked, (std::pair<int64_t, int64_t>{16, 24}));
}

TEST(ImageTransform, AReducedDecodeShowsTheSamePlace) {
  const FakeImage image(ramp_image(96, 128));
  ImageTransformConfig config = config_of(16);
  const Pixels whole = applied(config, image, 0, false);
  EXPECT_LE(largest_difference(applied(config, image, 0, true), whole), 1);
  config.augment.random_resized_crop = RandomResizedCropConfig{{0.4, 0.4}, {1, 1}};
  for (int64_t i = 0; i < 20; ++i) {
    config.size = 16;  // the crop has 70 pixels: read at half size
    const Pixels small = applied(config, image, i, true);
    config.size = 64;  // read at full size
    const Pixels large = applied(config, image, i, true);
    EXPECT_NEAR(small[3 * (8 * 16 + 8)], large[3 * (34 * 64 + 34)], 1);
  }
}

TEST(ImageTransform, DrawsDependOnKeyAndOrdinalOnly) {
  ImageTransformConfig config = config_of(16);
  config.augment.random_resized_crop.emplace();
  config.augment.flip = 0.5;
  config.augment.shift = 2;
  config.augment.rand_augment.emplace();
  config.augment.color_jitter = ColorJitterConfig{0.4, 0.4, 0.4, 0.1};
  const ImageTransform transform(config);
  const FakeImage image(noise_image(50, 40));
  ImageScratch used;
  Pixels out(16 * 16 * 3);
  std::vector<Pixels> results;
  for (const int64_t ordinal : {7, 8, 7}) {
    transform.apply(image, kTransformKey, ordinal, true, used, out.data());
    results.push_back(out);
  }
  EXPECT_EQ(results[0], results[2]);
  EXPECT_NE(results[0], results[1]);
  EXPECT_EQ(results[0], applied(config, image, 7, true));
  transform.apply(image, kTransformKey + 1, 7, true, used, out.data());
  EXPECT_NE(out, results[0]);
}

TEST(ImageTransform, AugmentsOnlyWhileTraining) {
  ImageTransformConfig config = config_of(16);
  const FakeImage image(noise_image(16, 16));
  const Pixels plain = applied(config, image, 1, false);
  config.augment.random_resized_crop.emplace();
  config.augment.flip = 1;
  config.augment.shift = 3;
  config.augment.rand_augment.emplace();
  config.augment.color_jitter = ColorJitterConfig{0.4, 0.4, 0.4, 0.1};
  EXPECT_EQ(applied(config, image, 1, false), plain);
  EXPECT_NE(applied(config, image, 1, true), plain);
}

TEST(ImageTransform, AFlipLeavesTheOtherDrawsAlone) {
  ImageTransformConfig config = config_of(16);
  config.augment.random_resized_crop.emplace();
  const FakeImage image(noise_image(40, 40));
  for (int64_t i = 0; i < 5; ++i) {
    config.augment.flip = 0;
    const Pixels straight = applied(config, image, i, true);
    config.augment.flip = 1;
    EXPECT_EQ(applied(config, image, i, true), mirrored(straight, 16));
  }
}

TEST(ImageTransform, FlipsWithTheGivenProbability) {
  ImageTransformConfig config = config_of(4);
  config.augment.flip = 0.25;
  const FakeImage image(noise_image(4, 4));
  const Pixels straight = applied(config, image, 0, false);
  int flipped = 0;
  for (int64_t i = 0; i < 1000; ++i) {
    flipped += applied(config, image, i, true) == straight ? 0 : 1;
  }
  EXPECT_NEAR(flipped / 1000.0, 0.25, 0.05);
}

TEST(ImageTransform, BilinearAndBicubicDiffer) {
  ImageTransformConfig config = config_of(16);
  const FakeImage image(noise_image(40, 40));
  const Pixels cubic = applied(config, image, 0, false);
  config.interpolation = ImageTransformConfig::Interpolation::kBilinear;
  EXPECT_NE(applied(config, image, 0, false), cubic);
}

TEST(ImageTransformConfig, ReadsEveryKey) {
  ImageTransformConfig config;
  Faults faults;
  const std::string text =
      "{size: 64, interpolation: bilinear, fit: squash, crop_share: 0.9, augment: {fill: white, "
      "flip: 0.5, shift: 4, random_resized_crop: {scale: [0.5, 1], ratio: [1, 1]}, rand_augment: "
      "{ops: 3, magnitude: 7}, color_jitter: {brightness: 0.1, contrast: 0.2, saturation: 0.3, "
      "hue: "
      "0.4}}}";
  read_struct(config, parse_yaml(text, "test.yaml"), "image", faults);
  EXPECT_THAT(faults.lines(), ElementsAre());
  EXPECT_EQ(config.size, 64);
  EXPECT_EQ(config.fit, ImageTransformConfig::Fit::kSquash);
  EXPECT_EQ(config.augment.fill, ImageAugmentConfig::Fill::kWhite);
  EXPECT_EQ(config.augment.random_resized_crop->scale[0], 0.5);
  EXPECT_EQ(config.augment.rand_augment->ops, 3);
  EXPECT_EQ(config.augment.color_jitter->hue, 0.4);
}

TEST(ImageTransformConfig, ReportsAnIntervalThatIsNone) {
  for (const char* text : {"{augment: {random_resized_crop: {scale: [0.5]}}}",
                           "{augment: {random_resized_crop: {ratio: [2, 1]}}}"}) {
    ImageTransformConfig config;
    Faults faults;
    read_struct(config, parse_yaml(text, "test.yaml"), "image", faults);
    EXPECT_THAT(faults.lines(), ElementsAre(HasSubstr("must each be two numbers"))) << text;
  }
}

}  // namespace
}  // namespace tpretrain
