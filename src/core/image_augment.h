/// Random changes to a picture that already has its final size.
#pragma once

#include <cstdint>
#include <vector>

#include "tpretrain/base/rng.h"
#include "tpretrain/core/image_transform.h"

namespace tpretrain {

/// A square picture [side, side, 3] that is changed in place, and a buffer of its size.
struct Canvas {
  uint8_t* pixels;
  int64_t side;
  std::vector<uint8_t>& work;
};

/// Moves by up to `most` pixels in each direction.
void random_shift(const Canvas& canvas, int64_t most, ImageAugmentConfig::Fill fill,
                  CounterRng& rng);
void rand_augment(const Canvas& canvas, const RandAugmentConfig& config,
                  ImageAugmentConfig::Fill fill, CounterRng& rng);
void color_jitter(const Canvas& canvas, const ColorJitterConfig& config, CounterRng& rng);

}  // namespace tpretrain
