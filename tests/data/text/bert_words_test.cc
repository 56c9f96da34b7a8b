#include "data/text/bert_words.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tpretrain::text {
namespace {

using Text = std::u32string;

std::string utf8(const Text& text) {
  std::string out;
  for (const char32_t c : text) {
    char bytes[4];
    out.append(bytes, put_code_point(c, bytes));
  }
  return out;
}

std::vector<std::string> fast_words(const std::string& text, const BertRules& rules) {
  const BertTable table(rules);
  std::vector<std::string> out;
  BertWords words(table, [&out](const WordBuffer& word) { out.emplace_back(word.text()); });
  words.split(text);
  return out;
}

/// The stages one after the other over whole strings, as the papers and peers describe them.
Text cleaned(const Text& text) {
  Text out;
  for (const char32_t c : text) {
    const BertClass kind = bert_class(c);
    if (kind != BertClass::kControl) {
      out.push_back(kind == BertClass::kSpace ? U' ' : c);
    }
  }
  return out;
}

Text spaced_ideographs(const Text& text) {
  Text out;
  for (const char32_t c : text) {
    is_cjk_ideograph(c) ? out.append({U' ', c, U' '}) : out.append({c});
  }
  return out;
}

Text stripped(const Text& text) {
  Text nfd;
  for (const char32_t c : text) {
    const Decomposition parts = bert_decompose(c);
    nfd.append(parts.code_points.data(), static_cast<size_t>(parts.size));
  }
  for (size_t i = 0; i < nfd.size();) {
    size_t end = i;
    while (end < nfd.size() && bert_combining_class(nfd[end]) != 0) {
      ++end;
    }
    std::stable_sort(
        nfd.begin() + static_cast<ptrdiff_t>(i), nfd.begin() + static_cast<ptrdiff_t>(end),
        [](char32_t a, char32_t b) { return bert_combining_class(a) < bert_combining_class(b); });
    i = end + 1;
  }
  std::erase_if(nfd, [](char32_t c) { return bert_class(c) == BertClass::kMark; });
  return nfd;
}

Text lowercased(const Text& text) {
  Text out;
  for (const char32_t c : text) {
    const Decomposition lower = bert_lowercase(c);
    out.append(lower.code_points.data(), static_cast<size_t>(lower.size));
  }
  return out;
}

std::vector<std::string> naive_words(Text text, const BertRules& rules) {
  text = cleaned(text);
  text = rules.chinese ? spaced_ideographs(text) : text;
  text = rules.strip_accents ? stripped(text) : text;
  text = rules.lowercase ? lowercased(text) : text;
  std::vector<std::string> words;
  Text word;
  const auto flush = [&] {
    if (!word.empty()) {
      words.push_back(utf8(word));
    }
    word.clear();
  };
  for (const char32_t c : text) {
    const BertClass kind = bert_class(c);
    if (kind == BertClass::kSpace || kind == BertClass::kPunctuation) {
      flush();
    }
    if (kind != BertClass::kSpace) {
      word.push_back(c);
    }
    if (kind == BertClass::kPunctuation) {
      flush();
    }
  }
  flush();
  return words;
}

char32_t random_code_point(std::mt19937& random) {
  static constexpr char32_t kOdd[] = {
      ' ',    '\t',   '.',    0x301,  0x308,  0x323,   0x302E, 0x302F, 0x1D165, 0x1D16D, 0x345,
      0x1B44, 0xA953, 0xC9,   0x130,  0x1E9E, 0x3A3,   0xAC01, 0x4E2D, 0xF900,  0x2FA1D, 0x37E,
      0x2260, 0xAD,   0x200D, 0xFFFD, 0x9CB,  0x1D15E, 0xA01,  0x93C,  0x344,   0x1734,  0x166D};
  switch (random() % 4) {
    case 0:
      return static_cast<char32_t>('a' + random() % 26);
    case 1:
      return kOdd[random() % std::size(kOdd)];
    case 2:
      return static_cast<char32_t>(random() % 0x3000);
    default: {
      const auto c = static_cast<char32_t>(random() % 0x32000);
      return c >= 0xD800 && c < 0xE000 ? U'x' : c;
    }
  }
}

TEST(BertWords, AgreesWithTheStagesDoneOneByOne) {
  std::mt19937 random(3);
  for (int flags = 0; flags < 8; ++flags) {
    const BertRules rules{(flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0};
    Text text;
    for (int i = 0; i < 60'000; ++i) {
      text.push_back(random_code_point(random));
    }
    // Compared in one piece: a difference anywhere shifts the words behind it.
    const auto fast = fast_words(utf8(text), rules);
    const auto naive = naive_words(text, rules);
    ASSERT_EQ(fast.size(), naive.size()) << flags;
    for (size_t i = 0; i < fast.size(); ++i) {
      if (fast[i].size() < 4 * kLongestWord - 8) {
        ASSERT_EQ(fast[i], naive[i]) << flags;
      }
    }
  }
}

TEST(BertWords, SplitsPunctuationAndIdeographsOff) {
  const std::vector<std::string> expected = {"don", "'",      "t",      "stop",
                                             "!",   "\u4e2d", "\u6587", "\u3002"};
  EXPECT_EQ(fast_words("Don't STOP!\u4e2d\u6587\u3002", {}), expected);
}

TEST(BertWords, MarksThatStayAreInCanonicalOrder) {
  // U+302E has class 224, U+1D165 class 216; neither is a nonspacing mark.
  EXPECT_EQ(fast_words(utf8(U"a\u302E\U0001D165"), {}),
            std::vector<std::string>{utf8(U"a\U0001D165\u302E")});
  // A mark of class 0 between them, though removed, keeps them apart.
  EXPECT_EQ(fast_words(utf8(U"a\u302E\u0A01\U0001D165"), {}),
            std::vector<std::string>{utf8(U"a\u302E\U0001D165")});
}

TEST(BertWords, CountsTheCharactersOfAWordTooLongToKeep) {
  const BertTable table({});
  int64_t chars = 0;
  BertWords words(table, [&chars](const WordBuffer& word) {
    chars = word.chars();
    EXPECT_LE(word.text().size(), 4U * kLongestWord);
  });
  words.split(std::string(5'000, 'x') + utf8(Text(5'000, U'\u00DF')));
  EXPECT_EQ(chars, 10'000);
}

TEST(BertWords, IllFormedBytesLeaveNoTrace) {
  EXPECT_EQ(fast_words("a\xFF\xC0\xAF"
                       "b\xF0\x9F\x98",
                       {}),
            std::vector<std::string>{"ab"});
}

}  // namespace
}  // namespace tpretrain::text
