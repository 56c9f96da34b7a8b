#include "data/image/stored_image.h"

#include <fmt/core.h>

#include "tpretrain/base/error.h"

namespace tpretrain {

void StoredImage::fail(const std::string& message) const {
  throw DataError(name_ + ": " + message);
}

void StoredImage::set_size(int64_t height, int64_t width) {
  if (height < 1 || width < 1) {
    fail(fmt::format("the picture must have pixels, but its header says {} x {}", height, width));
  }
  if (height > limits_.max_pixels / width) {
    fail(fmt::format("the picture must have at most {} pixels, but its header says {} x {} = {}",
                     limits_.max_pixels, height, width,
                     static_cast<uint64_t>(height) * static_cast<uint64_t>(width)));
  }
  height_ = height;
  width_ = width;
}

void StoredImage::require_bytes(int64_t least) const {
  if (static_cast<int64_t>(bytes_.size()) < least) {
    fail(
        fmt::format("the file is truncated: a picture of {} x {} takes at least {} bytes, but "
                    "there are {}",
                    height_, width_, least, bytes_.size()));
  }
}

void resize_image(Image& out, int64_t height, int64_t width) {
  out.height = height;
  out.width = width;
  out.pixels.resize(static_cast<size_t>(height * width * 3));
}

}  // namespace tpretrain
