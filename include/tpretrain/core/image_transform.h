/// From an encoded picture to the square of 8-bit pixels that a model sees. A pure function of the
/// picture and the draws that `key` and `ordinal` name: nothing is kept between samples.
/// Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/image.h"

namespace tpretrain {

/// A crop of random area and shape that becomes the whole picture. (Szegedy et al. 2015,
/// https://arxiv.org/abs/1409.4842, section 6)
struct RandomResizedCropConfig {
  std::vector<double> scale{0.08, 1.0};
  std::vector<double> ratio{0.75, 4.0 / 3.0};

  void describe(ConfigVisitor& v);
};

/// Random changes of colour, in random order.
struct ColorJitterConfig {
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  double hue = 0;

  void describe(ConfigVisitor& v);
};

/// A few random operations of one strength. (Cubuk et al. 2019, https://arxiv.org/abs/1909.13719,
/// with the 14 operations and strengths of torchvision's RandAugment)
struct RandAugmentConfig {
  int64_t ops = 2;
  int64_t magnitude = 9;

  void describe(ConfigVisitor& v);
};

/// What training changes at random, in the order of the fields.
struct ImageAugmentConfig {
  enum class Fill { kEdge, kWhite, kBlack };

  std::optional<RandomResizedCropConfig> random_resized_crop;
  double flip = 0;
  int64_t shift = 0;
  std::optional<RandAugmentConfig> rand_augment;
  std::optional<ColorJitterConfig> color_jitter;
  Fill fill = Fill::kEdge;

  void describe(ConfigVisitor& v);
};

struct ImageTransformConfig {
  enum class Interpolation { kBilinear, kBicubic };
  enum class Fit { kCrop, kSquash };

  int64_t size = 224;
  Interpolation interpolation = Interpolation::kBicubic;
  Fit fit = Fit::kCrop;
  double crop_share = 1;
  ImageAugmentConfig augment;

  void describe(ConfigVisitor& v);
};

/// Buffers of ImageTransform, one per thread, kept between calls to save their allocation.
class ImageScratch {
 public:
  ImageScratch();
  ImageScratch(ImageScratch&&) noexcept;
  ImageScratch& operator=(ImageScratch&&) noexcept;
  ~ImageScratch();

 private:
  friend class ImageTransform;
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

class ImageTransform {
 public:
  explicit ImageTransform(const ImageTransformConfig& config) : config_(config) {}

  /// Side of the square, in pixels.
  int64_t size() const { return config_.size; }

  /// Writes out [size, size, 3], RGB. Not training: the fit alone, with the pixels of PIL's resize;
  /// training: the augmentations too, from a decode at reduced size where that is faster. Draws
  /// are keyed by (key, ordinal), key = hash64(seed, stream of the caller).
  /// Errors: DataError of the picture.
  void apply(const EncodedImage& image, uint64_t key, int64_t ordinal, bool training,
             ImageScratch& scratch, uint8_t* out) const;

 private:
  ImageTransformConfig config_;
};

}  // namespace tpretrain
