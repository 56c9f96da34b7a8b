#include "data/text/utf8.h"

#include <cstring>

#include "base/utf8.h"

namespace tpretrain::text {

namespace {

/// Bytes of the longest prefix of a well-formed sequence that `begin`, itself ill-formed, starts
/// with; 1 when it starts with none.
uint32_t ill_formed_part(const unsigned char* begin, const unsigned char* end) {
  const unsigned char lead = *begin;
  const size_t size = lead < 0xC2 || lead > 0xF4 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size < 3 || end - begin < 2) {
    return 1;
  }
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (begin[1] < low || begin[1] > high) {
    return 1;
  }
  const bool third = size == 4 && end - begin > 2 && (begin[2] & 0xC0) == 0x80;
  return third ? 3 : 2;
}

}  // namespace

Decoded decode_utf8(const char* begin, const char* end) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(begin);
  const size_t size = utf8_sequence({begin, static_cast<size_t>(end - begin)});
  switch (size) {
    case 1:
      return {bytes[0], 1};
    case 2:
      return {static_cast<char32_t>((bytes[0] & 0x1F) << 6 | (bytes[1] & 0x3F)), 2};
    case 3:
      return {static_cast<char32_t>((bytes[0] & 0x0F) << 12 | (bytes[1] & 0x3F) << 6 |
                                    (bytes[2] & 0x3F)),
              3};
    case 4:
      return {static_cast<char32_t>((bytes[0] & 0x07) << 18 | (bytes[1] & 0x3F) << 12 |
                                    (bytes[2] & 0x3F) << 6 | (bytes[3] & 0x3F)),
              4};
    default:
      return {0xFFFD, ill_formed_part(bytes, reinterpret_cast<const unsigned char*>(end))};
  }
}

size_t valid_prefix(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    uint64_t word = 0;
    if (text.size() - i >= 8) {
      std::memcpy(&word, text.data() + i, 8);
      if ((word & 0x8080808080808080ULL) == 0) {
        i += 8;
        continue;
      }
    }
    const size_t size = utf8_sequence(text.substr(i));
    if (size == 0) {
      return i;
    }
    i += size;
  }
  return text.size();
}

std::string mend_utf8(std::string_view text, int64_t& replaced) {
  std::string out;
  out.reserve(text.size() + 16);
  while (!text.empty()) {
    const size_t good = valid_prefix(text);
    out.append(text.substr(0, good));
    text.remove_prefix(good);
    if (!text.empty()) {
      text.remove_prefix(decode_utf8(text.data(), text.data() + text.size()).size);
      out.append("\xEF\xBF\xBD");
      ++replaced;
    }
  }
  return out;
}

}  // namespace tpretrain::text
