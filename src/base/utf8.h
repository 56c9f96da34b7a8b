/// Byte-level UTF-8 checks for text that comes from outside.
#pragma once

#include <cstddef>
#include <string_view>

namespace tpretrain {

/// Bytes of the well-formed sequence that `text` starts with (1 to 4), or 0 when it starts with
/// none: truncated, overlong, a surrogate or beyond U+10FFFF (Unicode 15, table 3-7).
inline size_t utf8_sequence(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const auto byte = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  const size_t size = lead >= 0xC2 && lead < 0xE0   ? 2
                      : (lead & 0xF0) == 0xE0       ? 3
                      : lead >= 0xF0 && lead < 0xF5 ? 4
                                                    : 0;
  if (size == 0 || text.size() < size) {
    return 0;
  }
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) {
    return 0;
  }
  for (size_t i = 2; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  return size;
}

/// True where `text` starts with a control character: C0, DEL, or C1 written in two bytes.
inline bool starts_with_control(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  return lead < 0x20 || lead == 0x7F ||
         (lead == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0);
}

}  // namespace tpretrain
