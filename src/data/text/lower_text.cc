#include <algorithm>
#include <iterator>

#include <utf8proc.h>

#include "data/text/text_clean.h"

namespace tpretrain::text {

namespace {

constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kSmallSigma = 0x3C3;
constexpr char32_t kFinalSigma = 0x3C2;
constexpr char32_t kCapitalDottedI = 0x130;
constexpr char32_t kDotAbove = 0x307;

/// Case-ignorable punctuation: Word_Break = MidLetter, MidNumLet or Single_Quote.
constexpr char32_t kIgnorable[] = {0x27,   0x2E,   0x3A,   0xB7,   0x387,  0x55F,
                                   0x5F4,  0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                   0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};

int category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

/// Unicode's Case_Ignorable.
bool is_case_ignorable(char32_t c) {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return std::binary_search(std::begin(kIgnorable), std::end(kIgnorable), c);
  }
}

/// Unicode's Cased, of characters that are not case-ignorable.
bool is_cased(char32_t c) {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
      return true;
    default:
      return c == 0xAA || c == 0xBA || (c >= 0x2160 && c <= 0x217F) ||
             (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
             (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
  }
}

/// True when the sigma at `at` ends a word: something cased before it and nothing cased after.
bool ends_word(std::u32string_view text, size_t at) {
  const auto before = std::find_if_not(text.rend() - static_cast<std::ptrdiff_t>(at), text.rend(),
                                       is_case_ignorable);
  const auto after = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                                      text.end(), is_case_ignorable);
  return before != text.rend() && is_cased(*before) && (after == text.end() || !is_cased(*after));
}

}  // namespace

std::u32string lower_text(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == kCapitalSigma) {
      out.push_back(ends_word(text, i) ? kFinalSigma : kSmallSigma);
    } else if (c == kCapitalDottedI) {
      out.push_back('i');
      out.push_back(kDotAbove);
    } else {
      out.push_back(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
    }
  }
  return out;
}

}  // namespace tpretrain::text
