#include "data/text/html_unescape.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>

#include "tpretrain/base/error.h"

namespace tpretrain::text {

namespace {

struct HtmlEntity {
  std::string_view name;
  char32_t text[3];  ///< ends at the first 0 or the end
};

#include "data/text/html_entities.inc"

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kLastCodePoint = 0x10FFFF;
constexpr size_t kLongestName = 32;         // of a reference by name, without the semicolon
constexpr size_t kLongestCarefulName = 24;  // ftfy's limit
constexpr size_t kLongestCareful = 3 + kLongestCarefulName;  // "&#" before it and ";" behind it

constexpr char16_t kWindows1252[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

const HtmlEntity* find_in(std::span<const HtmlEntity> table, std::string_view name) {
  const auto* found =
      std::lower_bound(table.data(), table.data() + table.size(), name,
                       [](const HtmlEntity& row, std::string_view key) { return row.name < key; });
  return found != table.data() + table.size() && found->name == name ? found : nullptr;
}

void append(std::u32string& out, const HtmlEntity& entity) {
  for (const char32_t c : entity.text) {
    if (c != 0) {
      out.push_back(c);
    }
  }
}

int digit_value(char32_t c, int base) {
  const int value = c >= '0' && c <= '9'   ? static_cast<int>(c - '0')
                    : c >= 'a' && c <= 'f' ? static_cast<int>(c - 'a') + 10
                    : c >= 'A' && c <= 'F' ? static_cast<int>(c - 'A') + 10
                                           : base;
  return value < base ? value : -1;
}

bool is_noncharacter(char32_t c) {
  return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

/// What a number stands for; none: the reference vanishes.
std::optional<char32_t> numbered(char32_t c) {
  if (c == 0 || c > kLastCodePoint || (c >= 0xD800 && c <= 0xDFFF)) {
    return kReplacement;
  }
  if (c >= 0x80 && c <= 0x9F) {
    return windows_1252(c);
  }
  const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r') || c == 0x7F;
  if (control || is_noncharacter(c)) {
    return std::nullopt;
  }
  return c;
}

/// Reads "#233;" or "#xE9" at the start of `text`; returns the characters taken, 0 for none.
size_t take_number(std::u32string_view text, std::u32string& out) {
  const bool hexadecimal = text.size() > 1 && (text[1] == 'x' || text[1] == 'X');
  const int base = hexadecimal ? 16 : 10;
  const size_t first = hexadecimal ? 2 : 1;
  size_t end = first;
  char32_t value = 0;
  for (; end < text.size() && digit_value(text[end], base) >= 0; ++end) {
    const auto digit = static_cast<char32_t>(digit_value(text[end], base));
    value = std::min(kLastCodePoint + 1, value * static_cast<char32_t>(base) + digit);
  }
  if (end == first) {
    return 0;
  }
  if (const auto c = numbered(value)) {
    out.push_back(*c);
  }
  return end < text.size() && text[end] == ';' ? end + 1 : end;
}

/// The longest ASCII start of `text` that can be part of a name, with its semicolon.
std::string name_at(std::u32string_view text) {
  std::string name;
  for (const char32_t c : text) {
    const bool part = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (c == ';' && !name.empty()) {
      name.push_back(';');
      break;
    }
    if (!part || name.size() == kLongestName) {
      break;
    }
    name.push_back(static_cast<char>(c));
  }
  return name;
}

/// Reads the longest known name at the start of `text`; returns the characters taken.
size_t take_name(std::u32string_view text, std::u32string& out) {
  for (std::string name = name_at(text); name.size() > 1; name.pop_back()) {
    if (const HtmlEntity* entity = find_in(kHtmlEntities, name)) {
      append(out, *entity);
      return name.size();
    }
  }
  return 0;
}

/// One whole reference that ends in a semicolon; returns the characters taken.
size_t take_careful(std::u32string_view text, std::u32string& out) {
  if (!text.empty() && text[0] == '#') {
    std::u32string value;
    const size_t taken = take_number(text, value);
    if (taken == 0 || text[taken - 1] != ';' || taken > kLongestCarefulName + 2 || value == U";") {
      return 0;
    }
    out += value;
    return taken;
  }
  const std::string name = name_at(text);
  if (!name.ends_with(';') || name.size() > kLongestCarefulName + 1) {
    return 0;
  }
  const HtmlEntity* entity = find_in(kHtmlEntities, name);
  entity = entity != nullptr ? entity : find_in(kShoutedEntities, name);
  if (entity == nullptr) {
    return 0;
  }
  append(out, *entity);
  return name.size();
}

/// Replaces the reference that `text` ends in; false when it ends in none.
bool replace_last(std::u32string& text) {
  const size_t window = text.size() - std::min(text.size(), kLongestCareful);
  const std::u32string_view tail = std::u32string_view(text).substr(window);
  const size_t begin = tail.rfind(U'&');
  std::u32string value;
  if (begin == std::u32string_view::npos || take_careful(tail.substr(begin + 1), value) == 0) {
    return false;
  }
  text.resize(window + begin);
  text += value;
  return true;
}

}  // namespace

char32_t windows_1252(char32_t byte) {
  TP_ASSERT(byte >= 0x80 && byte <= 0x9F);
  return kWindows1252[byte - 0x80];
}

std::u32string html_unescape(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char32_t c = text[0];
    text.remove_prefix(1);
    size_t taken = 0;
    if (c == '&') {
      taken = text.starts_with(U'#') ? take_number(text, out) : take_name(text, out);
    }
    if (taken == 0) {
      out.push_back(c);
    }
    text.remove_prefix(taken);
  }
  return out;
}

std::u32string unescape_entities(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    out.push_back(c);
    // What is put in its place may end another one: "&am&#112;;".
    while (out.ends_with(U';') && replace_last(out)) {
    }
  }
  return out;
}

}  // namespace tpretrain::text
