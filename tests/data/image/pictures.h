/// The pictures of tests/golden/image and what PIL reads from them.
#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "data/image/open_image.h"
#include "tpretrain/base/error.h"

namespace tpretrain {

inline std::string golden_bytes(const std::string& file) {
  std::ifstream stream(std::string(TP_SOURCE_DIR) + "/tests/golden/image/" + file,
                       std::ios::binary);
  EXPECT_TRUE(stream) << file;
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline std::unique_ptr<EncodedImage> open_golden(const std::string& file,
                                                 const ImageLimits& limits = {}) {
  return open_image(golden_bytes(file), file, limits);
}

/// All pixels.
inline Image decoded(const EncodedImage& encoded) {
  Image image;
  encoded.decode(0, 0, image);
  return image;
}

inline Image decoded(const std::string& file, const ImageLimits& limits = {}) {
  return decoded(*open_golden(file, limits));
}

inline uint32_t pixel_hash(const Image& image) {
  return static_cast<uint32_t>(
      crc32(0, image.pixels.data(), static_cast<uInt>(image.pixels.size())));
}

struct Expected {
  std::string file;
  int64_t height;
  int64_t width;
  uint32_t on_white;  ///< hash with AlphaRule::kWhite
  uint32_t dropped;   ///< hash with AlphaRule::kDrop
};

/// The good pictures whose name ends so.
inline std::vector<Expected> expected_pictures(const std::string& suffix) {
  std::vector<Expected> list;
  const auto json = nlohmann::json::parse(golden_bytes("pictures.json"));
  for (const auto& entry : json["pictures"]) {
    if (entry["file"].get<std::string>().ends_with(suffix)) {
      list.push_back(
          {entry["file"], entry["height"], entry["width"], entry["crc32"], entry["dropped"]});
    }
  }
  EXPECT_FALSE(list.empty()) << suffix;
  return list;
}

/// Every good picture of a format has the size and the pixels that PIL sees.
inline void expect_pixels_of_pil(const std::string& suffix) {
  for (const Expected& expected : expected_pictures(suffix)) {
    SCOPED_TRACE(expected.file);
    const auto encoded = open_golden(expected.file);
    EXPECT_EQ(encoded->height(), expected.height);
    EXPECT_EQ(encoded->width(), expected.width);
    const Image image = decoded(*encoded);
    EXPECT_EQ(image.height, expected.height);
    EXPECT_EQ(image.width, expected.width);
    EXPECT_EQ(pixel_hash(image), expected.on_white);
    EXPECT_EQ(pixel_hash(decoded(expected.file, {.alpha = AlphaRule::kDrop})), expected.dropped);
  }
}

/// The message of the DataError that `action` throws.
template <typename Action>
std::string data_error(const Action& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no DataError";
  return {};
}

}  // namespace tpretrain
