#include <algorithm>

#include "data/text/bert_unicode.h"
#include "data/text/utf8.h"
#include "data/text/wordpiece.h"

namespace tpretrain::text {

namespace {

constexpr std::string_view kAttachedToLeft = ".,;:!?)]}%'";
constexpr std::string_view kAttachedToRight = "([{$#'";

char32_t first_code_point(std::string_view text) {
  return text.empty() ? 0 : decode_utf8(text.data(), text.data() + text.size()).code_point;
}

bool is_ideographic(std::string_view text) {
  const char32_t c = first_code_point(text);
  return is_cjk_ideograph(c) || (c >= 0x3000 && c <= 0x303F) || (c >= 0xFF00 && c <= 0xFFEF);
}

bool space_between(std::string_view left, std::string_view right) {
  if (left.empty() || (is_ideographic(left) && is_ideographic(right))) {
    return false;
  }
  const auto among = [](std::string_view piece, std::string_view set) {
    return piece.size() == 1 && set.find(piece[0]) != std::string_view::npos;
  };
  return !among(right, kAttachedToLeft) && !among(left, kAttachedToRight);
}

}  // namespace

std::string WordPiece::decode(std::span<const int32_t> ids) const {
  std::string text;
  std::string_view before;
  for (const int32_t id : ids) {
    const std::string_view piece = pieces_.at(static_cast<size_t>(id));
    if (piece.size() > 2 && continues_word(id)) {
      text.append(piece.substr(2));
      before = piece;
      continue;
    }
    if (space_between(before, piece)) {
      text.push_back(' ');
    }
    text.append(piece);
    before = piece;
  }
  return text;
}

}  // namespace tpretrain::text
