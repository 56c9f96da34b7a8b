/// Decoding, encoding and mending UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tpretrain::text {

/// Writes the 1 to 4 bytes of `code_point` to `out` and returns their number.
inline size_t put_code_point(char32_t code_point, char* out) {
  if (code_point < 0x80) {
    out[0] = static_cast<char>(code_point);
    return 1;
  }
  const auto tail = [code_point](int shift) {
    return static_cast<char>(0x80 | ((code_point >> shift) & 0x3F));
  };
  if (code_point < 0x800) {
    out[0] = static_cast<char>(0xC0 | (code_point >> 6));
    out[1] = tail(0);
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = static_cast<char>(0xE0 | (code_point >> 12));
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | (code_point >> 18));
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

struct Decoded {
  char32_t code_point = 0;
  uint32_t size = 0;  ///< bytes taken, at least 1
};

/// The code point at the start of [begin, end), not empty. Each maximal ill-formed part reads as
/// U+FFFD (Unicode 15, 3.9, the practice of WHATWG's decoder).
Decoded decode_utf8(const char* begin, const char* end);

/// Offset of the first ill-formed byte, or text.size().
size_t valid_prefix(std::string_view text);

/// `text` with each maximal ill-formed part replaced by U+FFFD; `replaced` is increased by their
/// number.
std::string mend_utf8(std::string_view text, int64_t& replaced);

}  // namespace tpretrain::text
