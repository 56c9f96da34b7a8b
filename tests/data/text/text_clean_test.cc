#include "data/text/text_clean.h"

#include <gtest/gtest.h>

namespace tpretrain::text {
namespace {

TEST(CleanText, EachModeDoesMore) {
  const std::string text = " A_dog\t&amp;amp; \xC3\x89ric\xE2\x80\x99s  <B>! ";
  EXPECT_EQ(clean_text(text, TextClean::kNone), text);
  EXPECT_EQ(clean_text(text, TextClean::kWhitespace), "A_dog & \xC3\x89ric's <B>!");
  EXPECT_EQ(clean_text(text, TextClean::kLower), "a_dog & \xC3\xA9ric's <b>!");
  EXPECT_EQ(clean_text(text, TextClean::kCanonicalize), "a dog \xC3\xA9rics b");
}

TEST(CleanText, AsciiTakesTheSameWayAsTheRest) {
  const std::string ascii = "  Two_Words,\r\n THREE\f(3) ";
  for (const TextClean clean :
       {TextClean::kWhitespace, TextClean::kLower, TextClean::kCanonicalize}) {
    const std::string longer = clean_text(ascii + "\xC3\xA9", clean);
    EXPECT_EQ(clean_text(ascii, clean) + " \xC3\xA9", longer);
  }
}

TEST(CleanText, IllFormedBytesBecomeTheReplacementCharacter) {
  EXPECT_EQ(clean_text("a\xFF\xC3", TextClean::kNone), "a\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(clean_text("a\xFF B", TextClean::kLower), "a\xEF\xBF\xBD b");
}

TEST(FixText, MakesCharactersOrdinary) {
  EXPECT_EQ(fix_text(U"\uFB02u\uFB03est \u01C5 \u0149"), U"fluffiest D\u017E 'n");
  EXPECT_EQ(fix_text(U"\uFF2C\uFF2F\uFF35\uFF24\u3000\uFF76\uFF9E"), U"LOUD \u30AC");
  EXPECT_EQ(fix_text(U"\u201Cit\u2019s\u201D \u0091x\u0092 \u0085"), U"\"it's\" 'x' \u2026");
  EXPECT_EQ(fix_text(U"\u001B[36;44mblue\u001B[0m \u001B[x\u001B]\u0007\uFEFF\uFFFC"), U"blue ]");
}

TEST(FixText, Composes) {
  EXPECT_EQ(fix_text(U"e\u0301 a\u0323\u0302 a\u0302\u0323 \u1112\u1161\u11AB \u212B"),
            U"\u00E9 \u1EAD \u1EAD \uD55C \u00C5");
}

TEST(FixText, ManyMarksTakeNoQuadraticTime) {
  std::u32string marks = U"a";
  for (int i = 0; i < 200'000; ++i) {
    marks += i % 2 == 0 ? U'\u0301' : U'\u0323';
  }
  const std::u32string fixed = fix_text(marks);
  EXPECT_EQ(fixed.size(), marks.size() - 1);
  EXPECT_EQ(fixed.substr(0, 2), U"\u1EA1\u0323");
}

TEST(FixText, ReferencesAreKeptFromTheFirstLineWithABracketOn) {
  EXPECT_EQ(fix_text(U"&eacute;\n&eacute; <\n&eacute;"), U"\u00E9\n&eacute; <\n&eacute;");
  EXPECT_EQ(fix_text(U"&amp;amp;lt;"), U"<") << "until nothing changes";
}

std::u32string repeated(std::u32string_view text, int times) {
  std::u32string out;
  for (int i = 0; i < times; ++i) {
    out += text;
  }
  return out;
}

TEST(FixText, ReferencesInReferencesTakeNoQuadraticTime) {
  EXPECT_EQ(fix_text(U"&" + repeated(U"amp;", 200'000) + U"lt;"), U"<");
  EXPECT_EQ(fix_text(repeated(U"&#x3", 100'000) + U"4" + repeated(U";", 100'000)), U"4");
}

TEST(FixText, PassesAreBounded) {
  // Every pass makes a full-width ampersand normal, and the next reference appears.
  const std::u32string text = U"&" + repeated(U"#65286;", 50'000);
  EXPECT_LT(fix_text(text).size(), text.size());
  EXPECT_EQ(fix_text(U"&" + repeated(U"#65286;", 10) + U"lt;"), U"<");
}

TEST(LowerText, ASigmaThatEndsAWordIsTheFinalOne) {
  EXPECT_EQ(lower_text(U"\u039F\u03A3 \u03A3\u0391 \u03A3"), U"\u03BF\u03C2 \u03C3\u03B1 \u03C3");
  EXPECT_EQ(lower_text(U"A\u03A3'B A'\u03A3. \u03A3\u0301"), U"a\u03C3'b a'\u03C2. \u03C3\u0301");
  EXPECT_EQ(lower_text(U"1\u03A3 \u2160\u03A3"), U"1\u03C3 \u2170\u03C2");
}

TEST(LowerText, FollowsUnicode) {
  EXPECT_EQ(lower_text(U"\u0130\u1E9E\u212A\u01C5\u00DF\u0416"),
            U"i\u0307\u00DFk\u01C6\u00DF\u0436");
}

}  // namespace
}  // namespace tpretrain::text
