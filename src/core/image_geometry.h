/// Which part of a picture becomes the square that a model sees.
#pragma once

#include <cstdint>

#include "kernels/resize.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/core/image_transform.h"

namespace tpretrain {

/// A part of a picture, and the order of passes that PIL would take for it.
struct ImagePart {
  kernels::ResizeBox box;
  kernels::PassOrder order;
};

/// Without draws: the whole picture, or the middle of it once its shorter side has become
/// size / crop_share pixels, cut as torchvision's Resize and CenterCrop cut.
ImagePart fitted_part(const ImageTransformConfig& config, int64_t height, int64_t width);

/// torchvision's RandomResizedCrop: ten tries for a crop that lies in the picture, then the middle.
ImagePart random_part(const RandomResizedCropConfig& config, int64_t size, int64_t height,
                      int64_t width, CounterRng& rng);

}  // namespace tpretrain
