/// Encoded pictures of a data set: JPEG, PNG and WebP, told apart by their first bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tpretrain/core/image.h"

namespace tpretrain {

/// What becomes of an alpha channel, since a model takes three channels.
enum class AlphaRule : uint8_t {
  kWhite,  ///< composed on white: what a viewer shows
  kDrop,   ///< colours as stored, also under full transparency: PIL's convert("RGB")
};

/// What a foreign picture may ask for; checked from its header, before its pixels take memory.
struct ImageLimits {
  int64_t max_pixels = 178956970;  ///< stored height x width; PIL's bound of a harmless picture
  AlphaRule alpha = AlphaRule::kWhite;
};

/// Reads the header of `bytes`, which the result keeps. `name` (file, or archive and member) goes
/// before every message of the result. Errors: DataError for an empty or unknown file, a damaged
/// header, an animation, or a picture above the limits.
std::unique_ptr<EncodedImage> open_image(std::string bytes, std::string_view name,
                                         const ImageLimits& limits = {});

}  // namespace tpretrain
