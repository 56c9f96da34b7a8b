#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include <utf8proc.h>

#include "data/text/html_unescape.h"
#include "data/text/text_clean.h"
#include "tpretrain/base/error.h"

namespace tpretrain::text {

namespace {

constexpr size_t kLongestSegment = 1'000'000;  // ftfy's: longer lines are cut there
constexpr int kMostPasses = 16;                // each takes time with the length of the segment
constexpr char32_t kEscape = 0x1B;

struct Ligature {
  char32_t code_point;
  std::u32string_view letters;
};

/// Latin ligatures and digraphs that exist for typography or for older encodings only.
constexpr Ligature kLigatures[] = {
    {0x0132, U"IJ"},      {0x0133, U"ij"},      {0x0149, U"\u02BCn"}, {0x01C4, U"D\u017D"},
    {0x01C5, U"D\u017E"}, {0x01C6, U"d\u017E"}, {0x01C7, U"LJ"},      {0x01C8, U"Lj"},
    {0x01C9, U"lj"},      {0x01CA, U"NJ"},      {0x01CB, U"Nj"},      {0x01CC, U"nj"},
    {0x01F1, U"DZ"},      {0x01F2, U"Dz"},      {0x01F3, U"dz"},      {0xFB00, U"ff"},
    {0xFB01, U"fi"},      {0xFB02, U"fl"},      {0xFB03, U"ffi"},     {0xFB04, U"ffl"},
    {0xFB05, U"\u017Ft"}, {0xFB06, U"st"}};

std::u32string_view letters_of_ligature(char32_t c) {
  const auto* found =
      std::lower_bound(std::begin(kLigatures), std::end(kLigatures), c,
                       [](const Ligature& row, char32_t value) { return row.code_point < value; });
  return found != std::end(kLigatures) && found->code_point == c ? found->letters
                                                                 : std::u32string_view();
}

/// Appends the decomposition of `c`: canonical, or compatible with `options`.
void append_decomposed(std::u32string& out, char32_t c, int options) {
  std::array<utf8proc_int32_t, 32> buffer{};
  int boundary = 0;
  const auto count = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(c), buffer.data(), buffer.size(),
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | options), &boundary);
  TP_ASSERT(count >= 1 && count <= static_cast<utf8proc_ssize_t>(buffer.size()));
  out.append(buffer.begin(), buffer.begin() + count);
}

int combining_class(char32_t c) {
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

std::u32string compose(const std::u32string& text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    append_decomposed(out, c, 0);
  }
  // Runs of marks in the order of their classes. (utf8proc's own sort takes quadratic time.)
  for (auto at = out.begin(); at != out.end();) {
    if (combining_class(*at) == 0) {
      ++at;
      continue;
    }
    const auto end =
        std::find_if(at, out.end(), [](char32_t c) { return combining_class(c) == 0; });
    std::stable_sort(
        at, end, [](char32_t a, char32_t b) { return combining_class(a) < combining_class(b); });
    at = end;
  }
  const auto size = utf8proc_normalize_utf32(
      reinterpret_cast<utf8proc_int32_t*>(out.data()), static_cast<utf8proc_ssize_t>(out.size()),
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  TP_ASSERT(size >= 0);
  out.resize(static_cast<size_t>(size));
  return out;
}

/// Control characters and the like that have no place in text.
bool is_unwanted(char32_t c) {
  return c <= 0x08 || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         (c >= 0x206A && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

/// One character with C1 controls, ligatures, widths and quotes made ordinary.
void append_ordinary(std::u32string& out, char32_t c) {
  if (c >= 0x80 && c <= 0x9F) {
    c = windows_1252(c);
  }
  if (const auto letters = letters_of_ligature(c); !letters.empty()) {
    for (const char32_t letter : letters) {
      append_ordinary(out, letter);
    }
  } else if (c == 0x3000) {
    out.push_back(' ');
  } else if (c >= 0xFF01 && c <= 0xFFEF) {
    append_decomposed(out, c, UTF8PROC_COMPAT);
  } else if (c == 0x02BC || (c >= 0x2018 && c <= 0x201B)) {
    out.push_back('\'');
  } else if (c >= 0x201C && c <= 0x201F) {
    out.push_back('"');
  } else {
    out.push_back(c);
  }
}

bool is_digit(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND;
}

/// Characters of the terminal escape "\x1B[1;31m" at the start of `text`; 0: none.
size_t escape_size(std::u32string_view text) {
  if (text.size() < 3 || text[0] != kEscape || text[1] != '[') {
    return 0;
  }
  size_t at = 2;
  while (at < text.size() && (text[at] == ';' || is_digit(text[at]))) {
    ++at;
  }
  const char32_t letter = at < text.size() ? (text[at] | 0x20) : 0;
  return letter >= 'a' && letter <= 'z' ? at + 1 : 0;
}

std::u32string without_controls(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t escape = escape_size(text);
    if (escape == 0 && !is_unwanted(text[0])) {
      out.push_back(text[0]);
    }
    text.remove_prefix(std::max<size_t>(escape, 1));
  }
  return out;
}

std::u32string fix_segment(std::u32string text, bool entities) {
  for (int pass = 0; pass < kMostPasses; ++pass) {
    std::u32string ordinary;
    for (const char32_t c : entities ? unescape_entities(text) : text) {
      append_ordinary(ordinary, c);
    }
    std::u32string fixed = compose(without_controls(ordinary));
    if (fixed == text) {
      break;
    }
    text = std::move(fixed);
  }
  return text;
}

}  // namespace

std::u32string fix_text(std::u32string_view text) {
  std::u32string out;
  bool entities = true;
  while (!text.empty()) {
    const size_t line = std::min(text.find(U'\n'), text.size() - 1) + 1;
    const std::u32string_view segment = text.substr(0, std::min(line, kLongestSegment));
    entities = entities && segment.find(U'<') == std::u32string_view::npos;
    out += fix_segment(std::u32string(segment), entities);
    text.remove_prefix(segment.size());
  }
  return out;
}

}  // namespace tpretrain::text
