#include "data/items/picture_file.h"

#include <fmt/core.h>

#include "data/items/item_options.h"
#include "data/shard/byte_file.h"
#include "data/shard/sample_name.h"
#include "tpretrain/base/error.h"

namespace tpretrain::data {

std::string read_picture(const std::string& path) {
  try {
    const DiskFile file(path);
    if (file.size() > kMaxImageBytes) {
      throw DataError(fmt::format("{}: a picture of {} bytes; at most {} are read", path,
                                  file.size(), kMaxImageBytes));
    }
    return file.bytes(0, file.size());
  } catch (const NotFoundError& error) {
    throw DataError(error.what());
  } catch (const UnreadableFileError& error) {
    throw DataError(error.what());
  }
}

bool is_picture_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) {
    return false;
  }
  const auto split = split_sample_name("x" + std::string(name.substr(dot)));
  return split && member_role(split->extension) == MemberRole::kImage;
}

}  // namespace tpretrain::data
