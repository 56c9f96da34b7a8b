/// Pictures for the tests of transforms, without a file.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "tpretrain/base/rng.h"
#include "tpretrain/core/image.h"

namespace tpretrain {

/// Hands out an image, halved once (mean of 2 x 2 pixels) where the minimum allows; remembers the
/// minimum that was asked for.
class FakeImage : public EncodedImage {
 public:
  explicit FakeImage(Image image) : image_(std::move(image)) {}

  int64_t height() const override { return image_.height; }

  int64_t width() const override { return image_.width; }

  void decode(int64_t min_height, int64_t min_width, Image& out) const override {
    asked = {min_height, min_width};
    const int64_t h = image_.height / 2;
    const int64_t w = image_.width / 2;
    out = image_;
    if (min_height == 0 || h < min_height || w < min_width) {
      return;
    }
    out = {h, w, std::vector<uint8_t>(static_cast<size_t>(h * w * 3))};
    for (int64_t y = 0; y < h; ++y) {
      for (int64_t i = 0; i < 3 * w; ++i) {
        const uint8_t* p = &image_.pixels[6 * y * image_.width + i / 3 * 6 + i % 3];
        const int sum = p[0] + p[3] + p[3 * image_.width] + p[3 * image_.width + 3];
        out.pixels[3 * y * w + i] = static_cast<uint8_t>((sum + 2) / 4);
      }
    }
  }

  mutable std::pair<int64_t, int64_t> asked{-1, -1};

 private:
  Image image_;
};

inline Image noise_image(int64_t height, int64_t width, uint64_t seed = 0) {
  CounterRng rng(hash64("noise image"), seed);
  Image image{height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3))};
  for (uint8_t& value : image.pixels) {
    value = static_cast<uint8_t>(rng.below(256));
  }
  return image;
}

/// Red rises with x, green with y, by one level a pixel.
inline Image ramp_image(int64_t height, int64_t width) {
  Image image{height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3))};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      image.pixels[3 * (y * width + x)] = static_cast<uint8_t>(x);
      image.pixels[3 * (y * width + x) + 1] = static_cast<uint8_t>(y);
    }
  }
  return image;
}

}  // namespace tpretrain
