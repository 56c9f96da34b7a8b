/// Small pictures for the tests of sources.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/shard/png_writer.h"
#include "tpretrain/base/error.h"
#include "tpretrain/core/image.h"

namespace tpretrain::data::testing {

/// A picture of one value.
inline std::string png(uint8_t value, int64_t height = 3, int64_t width = 2) {
  return write_png(
      {height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3), value)});
}

/// The value of the first pixel.
inline int value_of(const EncodedImage& image) {
  Image out;
  image.decode(0, 0, out);
  return out.pixels.at(0);
}

template <typename Run>
std::string error_of(const Run& run) {
  try {
    run();
  } catch (const Error& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "no error";
}

}  // namespace tpretrain::data::testing
