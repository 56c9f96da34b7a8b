/// Cleaning of captions before they are cut into tokens, as open_clip's tokenizers do it.
#pragma once

#include <string>
#include <string_view>

#include "tpretrain/data/text_clean.h"

namespace tpretrain::text {

/// `text` cleaned; ill-formed UTF-8 becomes U+FFFD first. The result is well-formed UTF-8.
std::string clean_text(std::string_view text, TextClean clean);

/// The steps of ftfy's fix_text (6.3) that need no guess, line by line until nothing changes, 16
/// times at most: careful HTML references (not from the first line with a '<' on), C1 controls read
/// as Windows-1252, Latin ligatures taken apart, full and half widths made normal, curly quotes
/// made straight, terminal escapes and control characters removed, NFC. Left out: repairing text
/// that was decoded with the wrong encoding, which is a guess; and line breaks, which `clean_text`
/// makes blanks anyway.
std::u32string fix_text(std::u32string_view text);

/// Lower case as Python's str.lower: U+0130 becomes two code points, a capital sigma that ends a
/// word the final one.
std::u32string lower_text(std::u32string_view text);

/// White space of Python's str.split.
bool is_text_space(char32_t code_point);

std::u32string code_points_of(std::string_view text);
std::string utf8_of(std::u32string_view text);

}  // namespace tpretrain::text
