#include "data/text/text_clean.h"

#include <algorithm>

#include "data/text/html_unescape.h"
#include "data/text/utf8.h"

namespace tpretrain::text {

namespace {

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

/// True for bytes that no step but white space, case and punctuation touches.
bool is_plain(unsigned char c) {
  return (c >= 0x20 && c < 0x7F && c != '&') || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/// Words with single blanks between them.
template <typename Text>
Text single_blanks(const Text& text) {
  Text out;
  out.reserve(text.size());
  bool blank = false;
  for (const auto c : text) {
    if (is_text_space(static_cast<char32_t>(c))) {
      blank = !out.empty();
      continue;
    }
    if (blank) {
      out.push_back(' ');
      blank = false;
    }
    out.push_back(c);
  }
  return out;
}

template <typename Text>
void remove_punctuation(Text& text) {
  std::replace(text.begin(), text.end(), typename Text::value_type('_'),
               typename Text::value_type(' '));
  std::erase_if(text, [](auto c) { return is_ascii_punctuation(static_cast<char32_t>(c)); });
}

/// `text` is ASCII that `is_plain`.
std::string clean_plain(std::string text, TextClean clean) {
  if (clean == TextClean::kCanonicalize) {
    remove_punctuation(text);
  }
  if (clean >= TextClean::kLower) {
    for (char& c : text) {
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
  }
  return single_blanks(text);
}

}  // namespace

bool is_text_space(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F) || c == 0x85 ||
         c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

std::u32string code_points_of(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    const Decoded decoded = decode_utf8(at, end);
    out.push_back(decoded.code_point);
    at += decoded.size;
  }
  return out;
}

std::string utf8_of(std::u32string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  char bytes[4];
  for (const char32_t c : text) {
    out.append(bytes, put_code_point(c, bytes));
  }
  return out;
}

std::string clean_text(std::string_view text, TextClean clean) {
  if (clean == TextClean::kNone) {
    int64_t mended = 0;
    return mend_utf8(text, mended);
  }
  if (std::all_of(text.begin(), text.end(),
                  [](char c) { return is_plain(static_cast<unsigned char>(c)); })) {
    return clean_plain(std::string(text), clean);
  }
  std::u32string points = html_unescape(html_unescape(fix_text(code_points_of(text))));
  if (clean == TextClean::kCanonicalize) {
    remove_punctuation(points);
  } else {
    points = single_blanks(points);
  }
  if (clean >= TextClean::kLower) {
    points = lower_text(points);
  }
  return utf8_of(single_blanks(points));
}

}  // namespace tpretrain::text
