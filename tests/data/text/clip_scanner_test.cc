#include "data/text/clip_scanner.h"

#include <gtest/gtest.h>

namespace tpretrain::text {
namespace {

using Words = std::vector<std::string>;

Words words_of(const std::string& text) {
  const std::vector<std::string> special = {"<start_of_text>", "<end_of_text>"};
  ClipScanner scanner(text, special);
  Words words;
  for (std::string_view word = scanner.next(); !word.empty(); word = scanner.next()) {
    words.emplace_back(word);
  }
  return words;
}

TEST(ClipScanner, RunsOfLettersSingleNumbersRunsOfTheRest) {
  EXPECT_EQ(words_of(" a12 b,c!! \xE4\xB8\xAD\xE6\x96\x87 \xC2\xBD\xE2\x85\xA3  "),
            (Words{"a", "1", "2", "b", ",", "c", "!!", "\xE4\xB8\xAD\xE6\x96\x87", "\xC2\xBD",
                   "\xE2\x85\xA3"}));
  EXPECT_EQ(words_of("\xF0\x9F\x98\x80!e\xCC\x81"), (Words{"\xF0\x9F\x98\x80!", "e", "\xCC\x81"}));
}

TEST(ClipScanner, ContractionsInAnyCaseWhereTheApostropheStartsAWord) {
  EXPECT_EQ(words_of("it's we'LL don't I'd x'y"),
            (Words{"it", "'s", "we", "'LL", "don", "'t", "I", "'d", "x", "'", "y"}));
  EXPECT_EQ(words_of("'sand ''s !'s"), (Words{"'s", "and", "''", "s", "!'", "s"}));
  EXPECT_EQ(words_of("'\xC5\xBF"), (Words{"'\xC5\xBF"})) << "long s is an s without case";
}

TEST(ClipScanner, SpecialTokensInAnyCaseWhereAWordStarts) {
  EXPECT_EQ(words_of("a<start_of_text>b<END_OF_TEXT>"),
            (Words{"a", "<start_of_text>", "b", "<END_OF_TEXT>"}));
  EXPECT_EQ(words_of("!<start_of_text>")[0], "!<") << "inside a run of punctuation it is none";
  EXPECT_EQ(words_of("<start_of_tex"), (Words{"<", "start", "_", "of", "_", "tex"}));
}

TEST(ClipScanner, SpacesPartWordsAndAreDropped) {
  EXPECT_EQ(words_of("a\xC2\xA0"
                     "b\xE3\x80\x80"
                     "c\xE2\x80\xA8"
                     "d"),
            (Words{"a", "b", "c", "d"}));
  EXPECT_EQ(words_of("a\xCD\x85"
                     "b"),
            (Words{"a", "b"}))
      << "U+0345 is in no class of the pattern";
  EXPECT_TRUE(words_of(" \t ").empty());
}

}  // namespace
}  // namespace tpretrain::text
