/// A picture in a file of its own. Torch-free.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "data/items/item_options.h"
#include "tpretrain/core/image.h"

namespace tpretrain::data {

/// Reads the file and the header of the picture.
/// Errors: DataError (missing, empty, too large, damaged), IoError.
std::unique_ptr<EncodedImage> open_picture(const std::string& path, const ImageLimits& limits);

/// True for names that end in .jpg, .jpeg, .png or .webp, in any case.
bool is_picture_name(std::string_view name);

}  // namespace tpretrain::data
