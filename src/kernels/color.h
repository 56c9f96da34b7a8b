/// Colour operations on 8-bit RGB pictures [pixels, 3], in place, with the levels that
/// torchvision's functions for uint8 tensors give: float arithmetic, clamped, cut off.
#pragma once

#include <cstdint>
#include <vector>

namespace tpretrain::kernels {

/// Multiplies by `factor` >= 0.
void adjust_brightness(uint8_t* rgb, int64_t pixels, float factor);
/// Mixes with the mean grey: 0 gives that grey, 1 the picture.
void adjust_contrast(uint8_t* rgb, int64_t pixels, float factor);
/// Mixes each pixel with its grey: 0 gives grey, 1 the picture.
void adjust_saturation(uint8_t* rgb, int64_t pixels, float factor);
/// Turns the hue by `turns`, in [-0.5, 0.5].
void adjust_hue(uint8_t* rgb, int64_t pixels, float turns);
/// Mixes with the picture smoothed over 3 x 3 pixels: 0 gives the smoothed one, 1 the picture, 2
/// one twice as sharp. The outermost pixels stay. `work` is resized and overwritten.
void adjust_sharpness(uint8_t* rgb, int64_t height, int64_t width, float factor,
                      std::vector<uint8_t>& work);
/// Keeps the upper `bits` of each level.
void posterize(uint8_t* rgb, int64_t pixels, int bits);
/// Inverts levels of at least `threshold`.
void solarize(uint8_t* rgb, int64_t pixels, float threshold);
/// Stretches the levels of each channel over the whole range.
void autocontrast(uint8_t* rgb, int64_t pixels);
/// Spreads the levels of each channel evenly.
void equalize(uint8_t* rgb, int64_t pixels);

}  // namespace tpretrain::kernels
