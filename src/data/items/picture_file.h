/// A picture in a file of its own. Torch-free.
#pragma once

#include <string>
#include <string_view>

namespace tpretrain::data {

/// The bytes of the file. Errors: DataError (missing, unreadable, or above kMaxImageBytes),
/// IoError.
std::string read_picture(const std::string& path);

/// True for names that end in .jpg, .jpeg, .png or .webp, in any case.
bool is_picture_name(std::string_view name);

}  // namespace tpretrain::data
