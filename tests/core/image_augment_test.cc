#include "core/image_augment.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "core/fake_image.h"

namespace tpretrain {
namespace {

constexpr uint64_t kAugmentKey = 11;
using Fill = ImageAugmentConfig::Fill;
using Pixels = std::vector<uint8_t>;

template <typename Change>
Pixels changed(Pixels pixels, int64_t side, const Change& change) {
  Pixels work;
  change(Canvas{pixels.data(), side, work});
  return pixels;
}

TEST(RandomShift, MovesByEveryDistanceUpToTheMost) {
  const Image ramp = ramp_image(9, 9);
  std::set<std::pair<int, int>> seen;
  for (uint64_t i = 0; i < 400; ++i) {
    CounterRng rng(kAugmentKey, i);
    const Pixels out = changed(
        ramp.pixels, 9, [&](const Canvas& canvas) { random_shift(canvas, 2, Fill::kEdge, rng); });
    const uint8_t* middle = &out[3 * (4 * 9 + 4)];
    seen.emplace(4 - middle[0], 4 - middle[1]);
  }
  EXPECT_EQ(seen.size(), 25U);
  EXPECT_EQ(*seen.begin(), (std::pair{-2, -2}));
  EXPECT_EQ(*seen.rbegin(), (std::pair{2, 2}));
}

TEST(RandomShift, FillsWhatComesInAsAskedFor) {
  const Pixels grey(3 * 16, 100);
  Pixels seen;
  for (const Fill fill : {Fill::kEdge, Fill::kWhite, Fill::kBlack}) {
    Pixels all;
    for (uint64_t i = 0; i < 20; ++i) {
      CounterRng rng(kAugmentKey, i);
      const Pixels out =
          changed(grey, 4, [&](const Canvas& canvas) { random_shift(canvas, 3, fill, rng); });
      all.insert(all.end(), out.begin(), out.end());
    }
    const auto [low, high] = std::minmax_element(all.begin(), all.end());
    seen.push_back(*low);
    seen.push_back(*high);
  }
  EXPECT_EQ(seen, (Pixels{100, 100, 100, 255, 0, 100}));
}

TEST(RandAugment, RunsManyOperationsAndSometimesNone) {
  const Image image = noise_image(16, 16);
  std::set<Pixels> results;
  int same = 0;
  for (uint64_t i = 0; i < 600; ++i) {
    CounterRng rng(kAugmentKey, i);
    const Pixels out = changed(image.pixels, 16, [&](const Canvas& canvas) {
      rand_augment(canvas, {1, 15}, Fill::kBlack, rng);
    });
    same += out == image.pixels ? 1 : 0;
    results.insert(out);
  }
  // 9 operations have two directions (18 results), 5 have one; identity gives the picture back.
  EXPECT_EQ(results.size(), 23U);
  EXPECT_NEAR(same / 600.0, 1.0 / 14, 0.03);
}

TEST(RandAugment, RunsAsManyOperationsAsAskedFor) {
  const Image image = noise_image(8, 8);
  for (uint64_t i = 0; i < 20; ++i) {
    CounterRng rng(kAugmentKey, i);
    EXPECT_EQ(changed(image.pixels, 8,
                      [&](const Canvas& canvas) {
                        rand_augment(canvas, {0, 9}, Fill::kBlack, rng);
                      }),
              image.pixels);
  }
}

TEST(ColorJitter, DrawsFactorsAroundOne) {
  const Pixels grey(3, 100);
  int low = 255;
  int high = 0;
  for (uint64_t i = 0; i < 500; ++i) {
    CounterRng rng(kAugmentKey, i);
    ColorJitterConfig config;
    config.brightness = 0.5;
    const Pixels out =
        changed(grey, 1, [&](const Canvas& canvas) { color_jitter(canvas, config, rng); });
    low = std::min<int>(low, out[0]);
    high = std::max<int>(high, out[0]);
  }
  EXPECT_NEAR(low, 50, 2);
  EXPECT_NEAR(high, 150, 2);
}

TEST(ColorJitter, ChangesNothingWhereAllAreZero) {
  const Image image = noise_image(8, 8);
  CounterRng rng(kAugmentKey, 0);
  EXPECT_EQ(changed(image.pixels, 8, [&](const Canvas& canvas) { color_jitter(canvas, {}, rng); }),
            image.pixels);
}

TEST(ColorJitter, TheOrderIsDrawnToo) {
  // Two opposed changes of one strong red: their order decides how it ends.
  const Pixels red = {250, 10, 10};
  ColorJitterConfig config;
  config.brightness = 1;
  config.saturation = 1;
  int clipped_first = 0;
  for (uint64_t i = 0; i < 200; ++i) {
    CounterRng rng(kAugmentKey, i);
    const Pixels out =
        changed(red, 1, [&](const Canvas& canvas) { color_jitter(canvas, config, rng); });
    clipped_first += out[0] == 255 ? 0 : 1;
  }
  EXPECT_GT(clipped_first, 20);
  EXPECT_LT(clipped_first, 180);
}

}  // namespace
}  // namespace tpretrain
