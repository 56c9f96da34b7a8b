#include "data/text/clip_scanner.h"

#include <utf8proc.h>

#include "data/text/text_clean.h"
#include "data/text/utf8.h"

namespace tpretrain::text {

namespace {

constexpr std::string_view kLongS = "\xC5\xBF";  // U+017F, the other lower case of S

/// A mark whose capital is a letter: where case is ignored, neither class of the pattern has it, so
/// that it parts words and is dropped, as white space is.
constexpr char32_t kIotaSubscript = 0x345;

char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Bytes of `text` that equal the ASCII `pattern` but for the case; 0 when it does not start so.
size_t match_folded(std::string_view text, std::string_view pattern) {
  size_t at = 0;
  for (const char wanted : pattern) {
    if (at >= text.size()) {
      return 0;
    }
    if (lower_ascii(text[at]) == lower_ascii(wanted)) {
      ++at;
    } else if (lower_ascii(wanted) == 's' && text.substr(at).starts_with(kLongS)) {
      at += kLongS.size();
    } else {
      return 0;
    }
  }
  return at;
}

size_t contraction_size(std::string_view text) {
  for (const std::string_view suffix : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (const size_t size = match_folded(text, suffix); size != 0) {
      return size;
    }
  }
  return 0;
}

}  // namespace

ClipScanner::Character ClipScanner::character_at(size_t at) const {
  const auto byte = static_cast<unsigned char>(text_[at]);
  if (byte < 0x80) {
    const char lower = lower_ascii(text_[at]);
    const Kind kind = lower >= 'a' && lower <= 'z'               ? Kind::kLetter
                      : byte >= '0' && byte <= '9'               ? Kind::kNumber
                      : byte == ' ' || (byte >= 9 && byte <= 13) ? Kind::kSpace
                                                                 : Kind::kOther;
    return {kind, 1};
  }
  const Decoded decoded = decode_utf8(text_.data() + at, text_.data() + text_.size());
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(decoded.code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return {Kind::kLetter, decoded.size};
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return {Kind::kNumber, decoded.size};
    default:
      return {is_text_space(decoded.code_point) || decoded.code_point == kIotaSubscript
                  ? Kind::kSpace
                  : Kind::kOther,
              decoded.size};
  }
}

size_t ClipScanner::end_of_run(size_t at, Kind kind) const {
  while (at < text_.size()) {
    const Character character = character_at(at);
    if (character.kind != kind) {
      break;
    }
    at += character.size;
  }
  return at;
}

/// Bytes of the word at `at`, which is no white space.
size_t ClipScanner::word_size(size_t at) const {
  const std::string_view rest = text_.substr(at);
  for (const std::string& token : special_) {
    if (const size_t size = match_folded(rest, token); size != 0) {
      return size;
    }
  }
  if (const size_t size = rest[0] == '\'' ? contraction_size(rest) : 0; size != 0) {
    return size;
  }
  const Character first = character_at(at);
  const size_t end = at + first.size;
  return (first.kind == Kind::kNumber ? end : end_of_run(end, first.kind)) - at;
}

std::string_view ClipScanner::next() {
  at_ = end_of_run(at_, Kind::kSpace);
  if (at_ == text_.size()) {
    return {};
  }
  const std::string_view word = text_.substr(at_, word_size(at_));
  at_ += word.size();
  return word;
}

}  // namespace tpretrain::text
