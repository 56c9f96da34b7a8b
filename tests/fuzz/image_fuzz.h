/// What the fuzz targets of the picture formats share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "data/image/open_image.h"
#include "tpretrain/base/error.h"

namespace tpretrain {

/// Reads and decodes `magic` and `size` bytes behind it (all of `data`, where that begins with it):
/// any bytes give a picture or a DataError.
inline void fuzz_image(std::string_view magic, const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (!bytes.starts_with(magic)) {
    bytes.insert(0, magic);
  }
  try {
    const auto encoded = open_image(std::move(bytes), "fuzz", {.max_pixels = 1 << 16});
    Image image;
    encoded->decode(0, 0, image);
    encoded->decode(encoded->height() / 3, encoded->width() / 5, image);
  } catch (const DataError&) {
  }
}

}  // namespace tpretrain
