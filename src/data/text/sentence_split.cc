#include "data/text/sentence_split.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "data/text/utf8.h"
#include "tpretrain/base/text.h"

namespace tpretrain::text {

namespace {

/// Never end a sentence; sorted.
constexpr std::array<std::string_view, 26> kBeforeName = {
    "adm",    "brig", "capt", "cf", "cmdr", "col", "dr",   "ed",  "gen", "gov", "hon", "lt", "maj",
    "messrs", "mlle", "mme",  "mr", "mrs",  "ms",  "prof", "rep", "rev", "sen", "sgt", "st", "vs"};

/// End no sentence before a number; sorted.
constexpr std::array<std::string_view, 25> kBeforeNumber = {
    "apr", "art", "aug", "ca",  "ch",  "dec", "eq", "eqs", "feb", "fig", "figs", "jan", "jul",
    "jun", "mar", "no",  "nos", "nov", "oct", "p",  "pp",  "sec", "sep", "sept", "vol"};

static_assert(std::is_sorted(kBeforeName.begin(), kBeforeName.end()));
static_assert(std::is_sorted(kBeforeNumber.begin(), kBeforeNumber.end()));

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_ascii_mark(char c) {
  return c == '.' || c == '!' || c == '?';
}

bool is_wide_mark(char32_t c) {
  return c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF61;
}

bool is_closing(char32_t c) {
  return c == '"' || c == '\'' || c == ')' || c == ']' || c == '}' || c == 0x2019 || c == 0x201D ||
         c == 0xBB || c == 0x300D || c == 0x300F || c == 0xFF09 || c == 0x3011 || c == 0x300B ||
         c == 0x3009;
}

Decoded at_position(std::string_view text, size_t at) {
  return at < text.size() ? decode_utf8(text.data() + at, text.data() + text.size()) : Decoded{};
}

/// Behind all marks and closing quotes at `at`.
size_t skip_marks(std::string_view text, size_t at) {
  for (Decoded next = at_position(text, at); next.size > 0; next = at_position(text, at)) {
    const char32_t c = next.code_point;
    if (!is_wide_mark(c) && !is_closing(c) && !(c < 0x80 && is_ascii_mark(static_cast<char>(c)))) {
      break;
    }
    at += next.size;
  }
  return at;
}

/// The word that ends at `end`, in lower case, without an opening bracket or quote.
std::string word_before(std::string_view text, size_t end) {
  size_t begin = end;
  while (begin > 0 && !is_space(text[begin - 1]) && text[begin - 1] != '(' &&
         text[begin - 1] != '"') {
    --begin;
  }
  std::string word(text.substr(begin, end - begin));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

/// "u.s", "e.g": single letters with points between them; one letter alone is an initial.
bool is_acronym(const std::string& word) {
  if (word.size() % 2 == 0) {
    return false;
  }
  for (size_t i = 0; i < word.size(); ++i) {
    const auto c = static_cast<unsigned char>(word[i]);
    if (i % 2 == 0 ? std::isalpha(c) == 0 : c != '.') {
      return false;
    }
  }
  return true;
}

bool is_abbreviation(std::string_view text, size_t period, char next) {
  const std::string word = word_before(text, period);
  if (is_acronym(word) || std::binary_search(kBeforeName.begin(), kBeforeName.end(), word)) {
    return true;
  }
  return std::isdigit(static_cast<unsigned char>(next)) != 0 &&
         std::binary_search(kBeforeNumber.begin(), kBeforeNumber.end(), word);
}

/// Whether the ASCII marks in [mark, end) end a sentence.
bool ends_here(std::string_view text, size_t mark, size_t end) {
  if (end == text.size()) {
    return true;
  }
  if (!is_space(text[end])) {
    // "!" and "?" between ideographs need no space behind them.
    return text[mark] != '.' && at_position(text, end).code_point >= 0x2E80;
  }
  const size_t start = text.find_first_not_of(" \t\r\n", end);
  if (start == std::string_view::npos) {
    return true;
  }
  const auto next = static_cast<unsigned char>(text[start]);
  const bool can_start =
      std::isupper(next) != 0 || std::isdigit(next) != 0 || next >= 0x80 ||
      std::string_view("\"'([{<*-#").find(static_cast<char>(next)) != std::string_view::npos;
  const bool one_period = text[mark] == '.' && !(mark + 1 < end && is_ascii_mark(text[mark + 1]));
  return can_start && !(one_period && is_abbreviation(text, mark, static_cast<char>(next)));
}

}  // namespace

void split_sentences(std::string_view text,
                     const std::function<void(std::string_view)>& on_sentence) {
  size_t begin = 0;
  const auto give = [&](size_t end) {
    const std::string_view sentence = trim(text.substr(begin, end - begin));
    if (!sentence.empty()) {
      on_sentence(sentence);
    }
    begin = end;
  };
  size_t at = 0;
  while (at < text.size()) {
    const char byte = text[at];
    if (is_ascii_mark(byte)) {
      const size_t end = skip_marks(text, at);
      if (ends_here(text, at, end)) {
        give(end);
      }
      at = end;
    } else if (static_cast<unsigned char>(byte) < 0x80) {
      ++at;
    } else {
      const Decoded next = at_position(text, at);
      at += next.size;
      if (is_wide_mark(next.code_point)) {
        at = skip_marks(text, at);
        give(at);
      }
    }
  }
  give(text.size());
}

}  // namespace tpretrain::text
