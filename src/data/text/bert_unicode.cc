#include "data/text/bert_unicode.h"

#include <algorithm>
#include <iterator>

#include <utf8proc.h>

#include "tpretrain/base/error.h"

namespace tpretrain::text {

namespace {

struct CodeRange {
  char32_t first;
  char32_t last;
};

/// Punctuation, marks and format characters that became so after Unicode 8.0: plain letters here.
/// A range may hold older code points of other categories.
constexpr CodeRange kNewCategories[] = {
    {0x61D, 0x61D},     {0x7FD, 0x7FD},     {0x890, 0x8E2},     {0x9FD, 0x9FE},
    {0xA76, 0xA76},     {0xAFA, 0xAFF},     {0xB55, 0xB55},     {0xC04, 0xC3C},
    {0xC77, 0xC77},     {0xC84, 0xC84},     {0xD00, 0xD00},     {0xD3B, 0xD3C},
    {0xD81, 0xD81},     {0xEBA, 0xEBA},     {0xECE, 0xECE},     {0x180F, 0x1886},
    {0x1ABF, 0x1ACE},   {0x1B7D, 0x1B7E},   {0x1DF6, 0x1DFB},   {0x2E43, 0x2E5D},
    {0xA82C, 0xA82C},   {0xA8C5, 0xA8C5},   {0xA8FF, 0xA8FF},   {0xA9BD, 0xA9BD},
    {0x10D24, 0x10F89}, {0x11070, 0x11074}, {0x110C2, 0x110CD}, {0x111CF, 0x111CF},
    {0x1123E, 0x11241}, {0x1133B, 0x1133B}, {0x11438, 0x1145E}, {0x11660, 0x1166C},
    {0x116B9, 0x116B9}, {0x1182F, 0x11FFF}, {0x12FF1, 0x13455}, {0x16E97, 0x16F4F},
    {0x16FE2, 0x16FE4}, {0x1CF00, 0x1CF46}, {0x1E000, 0x1E4EF}, {0x1E944, 0x1E95F}};

/// Code points with a combining class since a version after Unicode 9.0: starters here.
constexpr CodeRange kNewCombining[] = {{0x7FD, 0x7FD},     {0x898, 0x8D3},     {0x9FE, 0x9FE},
                                       {0xC3C, 0xC3C},     {0xD3B, 0xD3C},     {0xEBA, 0xEBA},
                                       {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},
                                       {0xA82C, 0xA82C},   {0x10D24, 0x10F85}, {0x11070, 0x11070},
                                       {0x1133B, 0x1133B}, {0x1145E, 0x1145E}, {0x11839, 0x11A99},
                                       {0x11D42, 0x11F42}, {0x16FF0, 0x16FF1}, {0x1E08F, 0x1E4EF}};

/// Single code points whose category changed since Unicode 8.0.
constexpr char32_t kCanadianFullStop = 0x166D;  // punctuation then, a symbol now
constexpr char32_t kHanunooPamudpod = 0x1734;   // a nonspacing mark then, a spacing one now
constexpr char32_t kSharadaSutra = 0x111C9;     // punctuation then, a mark now
/// Decomposes since Unicode 13.0.
constexpr char32_t kDivesAkuruVowel = 0x11938;

template <size_t kSize>
bool in_ranges(const CodeRange (&ranges)[kSize], char32_t code_point) {
  const auto* range = std::lower_bound(
      std::begin(ranges), std::end(ranges), code_point,
      [](const CodeRange& candidate, char32_t value) { return candidate.last < value; });
  return range != std::end(ranges) && range->first <= code_point;
}

BertClass class_of_category(int category) {
  switch (category) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
      return BertClass::kControl;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return BertClass::kSpace;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return BertClass::kPunctuation;
    case UTF8PROC_CATEGORY_MN:
      return BertClass::kMark;
    default:
      return BertClass::kWord;
  }
}

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

}  // namespace

BertClass bert_class(char32_t code_point) {
  if (code_point == '\t' || code_point == '\n' || code_point == '\r') {
    return BertClass::kSpace;
  }
  if (code_point == 0xFFFD) {
    return BertClass::kControl;
  }
  if (is_ascii_punctuation(code_point) || code_point == kCanadianFullStop ||
      code_point == kSharadaSutra) {
    return BertClass::kPunctuation;
  }
  if (code_point == kHanunooPamudpod) {
    return BertClass::kMark;
  }
  const BertClass now =
      class_of_category(utf8proc_get_property(static_cast<utf8proc_int32_t>(code_point))->category);
  const bool may_be_new =
      now == BertClass::kControl || now == BertClass::kPunctuation || now == BertClass::kMark;
  return may_be_new && in_ranges(kNewCategories, code_point) ? BertClass::kWord : now;
}

bool bert_is_plain(char32_t code_point) {
  const auto* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(code_point));
  const bool letter =
      property->category == UTF8PROC_CATEGORY_LO || property->category == UTF8PROC_CATEGORY_CN;
  const bool hangul_syllable = code_point >= 0xAC00 && code_point <= 0xD7A3;
  return letter && !hangul_syllable && property->combining_class == 0 &&
         property->decomp_seqindex == UINT16_MAX && property->lowercase_seqindex == UINT16_MAX;
}

int bert_combining_class(char32_t code_point) {
  const int now = utf8proc_get_property(static_cast<utf8proc_int32_t>(code_point))->combining_class;
  return now != 0 && in_ranges(kNewCombining, code_point) ? 0 : now;
}

Decomposition bert_decompose(char32_t code_point) {
  if (code_point == kDivesAkuruVowel) {
    return {{code_point}, 1};
  }
  std::array<utf8proc_int32_t, 4> buffer{};
  int boundary = 0;
  const auto count =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code_point), buffer.data(),
                              buffer.size(), UTF8PROC_DECOMPOSE, &boundary);
  TP_ASSERT(count >= 1 && count <= static_cast<utf8proc_ssize_t>(buffer.size()));
  Decomposition result;
  result.size = static_cast<int>(count);
  std::copy_n(buffer.begin(), count, result.code_points.begin());
  return result;
}

Decomposition bert_lowercase(char32_t code_point) {
  if (code_point == 0x130) {
    return {{U'i', 0x307}, 2};
  }
  const auto lower = utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point));
  return {{static_cast<char32_t>(lower)}, 1};
}

bool is_cjk_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

}  // namespace tpretrain::text
