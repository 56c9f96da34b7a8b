#include "tpretrain/core/image_transform.h"

#include <cmath>

#include "core/image_augment.h"
#include "core/image_geometry.h"
#include "tpretrain/base/rng.h"

namespace tpretrain {
namespace {

/// Each kind of draw has its own numbers, so that switching one on or off leaves the others alone.
enum Lane : uint32_t { kCropLane, kFlipLane, kShiftLane, kRandAugmentLane, kJitterLane };

bool is_interval(const std::vector<double>& v) {
  return v.size() == 2 && v[0] <= v[1];
}

/// Pixels that a whole side must have for `size` pixels in `part` of it.
int64_t least_side(int64_t side, double part, int64_t size) {
  return static_cast<int64_t>(std::ceil(static_cast<double>(side * size) / part));
}

/// Decodes what gives `box` at least `size` pixels a side (0: all pixels), and sets the box to the
/// same place in the decoded picture.
void decode_part(const EncodedImage& image, kernels::ResizeBox& box, int64_t size, Image& decoded) {
  image.decode(least_side(image.height(), box.bottom - box.top, size),
               least_side(image.width(), box.right - box.left, size), decoded);
  const double down = static_cast<double>(decoded.height) / static_cast<double>(image.height());
  const double across = static_cast<double>(decoded.width) / static_cast<double>(image.width());
  box = {box.left * across, box.top * down, box.right * across, box.bottom * down};
}

/// What comes after crop, flip and resize.
void augment(const ImageAugmentConfig& config, const Canvas& canvas, uint64_t key,
             uint64_t ordinal) {
  if (config.shift > 0) {
    CounterRng rng(key, ordinal, kShiftLane);
    random_shift(canvas, config.shift, config.fill, rng);
  }
  if (config.rand_augment) {
    CounterRng rng(key, ordinal, kRandAugmentLane);
    rand_augment(canvas, *config.rand_augment, config.fill, rng);
  }
  if (config.color_jitter) {
    CounterRng rng(key, ordinal, kJitterLane);
    color_jitter(canvas, *config.color_jitter, rng);
  }
}

}  // namespace

struct ImageScratch::Buffers {
  Image decoded;
  kernels::ResizeScratch resize;
  std::vector<uint8_t> work;
};

ImageScratch::ImageScratch() : buffers_(std::make_unique<Buffers>()) {}

ImageScratch::ImageScratch(ImageScratch&&) noexcept = default;
ImageScratch& ImageScratch::operator=(ImageScratch&&) noexcept = default;
ImageScratch::~ImageScratch() = default;

void RandomResizedCropConfig::describe(ConfigVisitor& v) {
  v.field("scale", scale, "Least and greatest share of the picture's area.",
          {.min = 0, .max = 1, .open_min = true});
  v.field("ratio", ratio, "Least and greatest width over height.", {.min = 0.01, .max = 100});
  v.check(is_interval(scale) && is_interval(ratio),
          "`scale` and `ratio` must each be two numbers, the lesser one first");
}

void ColorJitterConfig::describe(ConfigVisitor& v) {
  v.field("brightness", brightness, "Factor from 1 - x to 1 + x; 0: none.", {.min = 0, .max = 10});
  v.field("contrast", contrast, "Factor from 1 - x to 1 + x; 0: none.", {.min = 0, .max = 10});
  v.field("saturation", saturation, "Factor from 1 - x to 1 + x; 0: none.", {.min = 0, .max = 10});
  v.field("hue", hue, "Turn of the colour circle from -x to x; 0: none.", {.min = 0, .max = 0.5});
}

void RandAugmentConfig::describe(ConfigVisitor& v) {
  v.field("ops", ops, "Operations a picture.", {.min = 0, .max = 14});
  v.field("magnitude", magnitude, "Their strength.", {.min = 0, .max = 30});
}

void ImageAugmentConfig::describe(ConfigVisitor& v) {
  v.nested("random_resized_crop", random_resized_crop,
           "Crop of random area and shape; absent: the fit.");
  v.field("flip", flip, "Probability of mirroring left and right.", {.min = 0, .max = 1});
  v.field("shift", shift, "Most pixels to move by in each direction.", {.min = 0, .max = 4096});
  v.nested("rand_augment", rand_augment, "Random operations of one strength; absent: none.");
  v.nested("color_jitter", color_jitter, "Random brightness and colours; absent: none.");
  v.choice("fill", fill, "What moves in from outside: the nearest pixel, white or black.",
           {"edge", "white", "black"});
}

void ImageTransformConfig::describe(ConfigVisitor& v) {
  v.field("size", size, "Side of the square picture, in pixels.", {.min = 1, .max = 4096});
  v.choice("interpolation", interpolation, "Filter of the resize.", {"bilinear", "bicubic"});
  v.choice("fit", fit, "Cut the middle out, or squash the whole picture.", {"crop", "squash"});
  v.field("crop_share", crop_share, "Share of the shorter side that the cut keeps.",
          {.min = 0.01, .max = 1});
  v.nested("augment", augment, "Random changes while training.");
}

void ImageTransform::apply(const EncodedImage& image, uint64_t key, int64_t ordinal, bool training,
                           ImageScratch& scratch, uint8_t* out) const {
  const ImageAugmentConfig& changes = config_.augment;
  const uint64_t image_key = hash64(key, hash64("image"));
  const auto slot = static_cast<uint64_t>(ordinal);
  ImagePart part;
  if (training && changes.random_resized_crop) {
    CounterRng rng(image_key, slot, kCropLane);
    part =
        random_part(*changes.random_resized_crop, config_.size, image.height(), image.width(), rng);
  } else {
    part = fitted_part(config_, image.height(), image.width());
  }
  ImageScratch::Buffers& buffers = *scratch.buffers_;
  decode_part(image, part.box, training ? config_.size : 0, buffers.decoded);
  const Image& decoded = buffers.decoded;
  const auto filter = config_.interpolation == ImageTransformConfig::Interpolation::kBicubic
                          ? kernels::ResizeFilter::kBicubic
                          : kernels::ResizeFilter::kBilinear;
  const bool mirrored = training && CounterRng(image_key, slot, kFlipLane).uniform() < changes.flip;
  kernels::resize(kernels::resize_kernels(),
                  {filter, part.order, part.box, config_.size, config_.size, mirrored},
                  decoded.pixels.data(), decoded.height, decoded.width, buffers.resize, out);
  if (training) {
    augment(changes, {out, config_.size, buffers.work}, image_key, slot);
  }
}

}  // namespace tpretrain
