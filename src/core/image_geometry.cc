#include "core/image_geometry.h"

#include <algorithm>
#include <cmath>

namespace tpretrain {
namespace {

/// [begin, begin + size) of one side after it was resized to `resized`, in pixels before.
void cut(double source, int64_t resized, int64_t size, double& begin, double& end) {
  const double scale = source / static_cast<double>(resized);
  const double offset = std::nearbyint(static_cast<double>(resized - size) / 2);
  begin = offset * scale;
  end = std::min(source, (offset + static_cast<double>(size)) * scale);
}

ImagePart crop(int64_t top, int64_t left, int64_t height, int64_t width, int64_t size) {
  return {{static_cast<double>(left), static_cast<double>(top), static_cast<double>(left + width),
           static_cast<double>(top + height)},
          kernels::pass_order(height, width, size, size)};
}

/// The largest middle part whose shape is within `ratio`.
ImagePart middle(const std::vector<double>& ratio, int64_t size, int64_t height, int64_t width) {
  const double shape = static_cast<double>(width) / static_cast<double>(height);
  int64_t h = height;
  int64_t w = width;
  if (shape < ratio[0]) {
    h = std::clamp<int64_t>(std::llround(static_cast<double>(width) / ratio[0]), 1, height);
  } else if (shape > ratio[1]) {
    w = std::clamp<int64_t>(std::llround(static_cast<double>(height) * ratio[1]), 1, width);
  }
  return crop((height - h) / 2, (width - w) / 2, h, w, size);
}

double between(double low, double high, CounterRng& rng) {
  return low + (high - low) * rng.uniform();
}

}  // namespace

ImagePart fitted_part(const ImageTransformConfig& config, int64_t height, int64_t width) {
  const int64_t size = config.size;
  const auto h = static_cast<double>(height);
  const auto w = static_cast<double>(width);
  if (config.fit == ImageTransformConfig::Fit::kSquash) {
    return {{0, 0, w, h}, kernels::pass_order(height, width, size, size)};
  }
  const int64_t shorter = std::llround(static_cast<double>(size) / config.crop_share);
  const int64_t resized_h = height <= width ? shorter : shorter * height / width;
  const int64_t resized_w = width <= height ? shorter : shorter * width / height;
  ImagePart part{{}, kernels::pass_order(height, width, resized_h, resized_w)};
  cut(w, resized_w, size, part.box.left, part.box.right);
  cut(h, resized_h, size, part.box.top, part.box.bottom);
  return part;
}

ImagePart random_part(const RandomResizedCropConfig& config, int64_t size, int64_t height,
                      int64_t width, CounterRng& rng) {
  const double area = static_cast<double>(height) * static_cast<double>(width);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * between(config.scale[0], config.scale[1], rng);
    const double shape =
        std::exp(between(std::log(config.ratio[0]), std::log(config.ratio[1]), rng));
    const int64_t w = std::llround(std::sqrt(target * shape));
    const int64_t h = std::llround(std::sqrt(target / shape));
    if (w >= 1 && w <= width && h >= 1 && h <= height) {
      const auto top = static_cast<int64_t>(rng.below(static_cast<uint64_t>(height - h + 1)));
      const auto left = static_cast<int64_t>(rng.below(static_cast<uint64_t>(width - w + 1)));
      return crop(top, left, h, w, size);
    }
  }
  return middle(config.ratio, size, height, width);
}

}  // namespace tpretrain
