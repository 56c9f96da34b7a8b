#include "data/image/open_image.h"

#include <fmt/core.h>

#include "data/image/stored_image.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

bool has(std::string_view bytes, size_t at, std::string_view magic) {
  return bytes.size() >= at + magic.size() && bytes.substr(at, magic.size()) == magic;
}

std::string first_bytes(std::string_view bytes) {
  std::string text;
  for (const char c : bytes.substr(0, 8)) {
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<unsigned char>(c));
  }
  return text;
}

}  // namespace

std::unique_ptr<EncodedImage> open_image(std::string bytes, std::string_view name,
                                         const ImageLimits& limits) {
  if (has(bytes, 0, "\xFF\xD8\xFF")) {
    return open_jpeg(std::move(bytes), std::string(name), limits);
  }
  if (has(bytes, 0, "\x89PNG\r\n\x1A\n")) {
    return open_png(std::move(bytes), std::string(name), limits);
  }
  if (has(bytes, 0, "RIFF") && has(bytes, 8, "WEBP")) {
    return open_webp(std::move(bytes), std::string(name), limits);
  }
  if (bytes.empty()) {
    throw DataError(std::string(name) + ": the picture is empty (0 bytes)");
  }
  throw DataError(
      fmt::format("{}: a picture must be JPEG, PNG or WebP, but this one begins with {}", name,
                  first_bytes(bytes)));
}

}  // namespace tpretrain
