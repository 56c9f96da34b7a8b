#include "data/shard/shrink.h"

#include <algorithm>
#include <memory>

#include "data/shard/png_writer.h"
#include "kernels/resize.h"

namespace tpretrain::data {

namespace {

/// A side that is scaled by `most` / `longer`, rounded, at least a pixel.
int64_t scaled(int64_t side, int64_t most, int64_t longer) {
  return std::max<int64_t>(1, (side * most + longer / 2) / longer);
}

Image resized(const Image& from, int64_t height, int64_t width) {
  const kernels::ResizePlan plan{
      .filter = kernels::ResizeFilter::kBicubic,
      .order = kernels::pass_order(from.height, from.width, height, width),
      .box = {0, 0, static_cast<double>(from.width), static_cast<double>(from.height)},
      .height = height,
      .width = width};
  kernels::ResizeScratch scratch;
  Image out{height, width, {}};
  out.pixels.resize(static_cast<size_t>(height * width * 3));
  kernels::resize(kernels::resize_kernels(), plan, from.pixels.data(), from.height, from.width,
                  scratch, out.pixels.data());
  return out;
}

}  // namespace

Image thumbnail(const EncodedImage& image, int64_t max_side) {
  Image whole;
  image.decode(0, 0, whole);
  const int64_t longer = std::max(whole.height, whole.width);
  return longer <= max_side ? whole
                            : resized(whole, scaled(whole.height, max_side, longer),
                                      scaled(whole.width, max_side, longer));
}

bool shrink(StoredItem& item, int64_t max_side, const ImageLimits& limits) {
  const std::unique_ptr<EncodedImage> stored = open_image(item.image, item.where, limits);
  if (max_side == 0 || std::max(stored->height(), stored->width()) <= max_side) {
    return false;
  }
  item.image = write_png(thumbnail(*stored, max_side));
  return true;
}

}  // namespace tpretrain::data
