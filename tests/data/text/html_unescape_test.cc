#include "data/text/html_unescape.h"

#include <gtest/gtest.h>

namespace tpretrain::text {
namespace {

TEST(HtmlUnescape, ReplacesNamesWithAndWithoutASemicolon) {
  EXPECT_EQ(html_unescape(U"a &lt;b&gt; &amp;amp; c&eacute;"), U"a <b> &amp; c\u00E9");
  EXPECT_EQ(html_unescape(U"fish &amp chips &notin; &notit;"), U"fish & chips \u2209 \u00ACit;");
  EXPECT_EQ(html_unescape(U"&NotEqualTilde;"), U"\u2242\u0338") << "two code points";
}

TEST(HtmlUnescape, LeavesWhatIsNoReference) {
  for (const std::u32string_view text : {U"&", U"a & b", U"&;", U"&#;", U"&#x;", U"&#xg;", U"&zz;",
                                         U"AT&T", U"&\u00E9;", U"tom&jerry"}) {
    EXPECT_EQ(html_unescape(text), text);
  }
}

TEST(HtmlUnescape, NumbersOfControlsVanishAndImpossibleOnesAreReplaced) {
  EXPECT_EQ(html_unescape(U"&#65;&#x42;&#X43&#x1F600;"), U"ABC\U0001F600");
  EXPECT_EQ(html_unescape(U"<&#1;&#127;&#xFDD0;&#x1FFFF;>"), U"<>");
  EXPECT_EQ(html_unescape(U"&#0;&#xD800;&#x110000;&#99999999999999999999;"),
            U"\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(html_unescape(U"&#128;&#x9F;&#x81;"), U"\u20AC\u0178\u0081") << "Windows-1252";
}

TEST(UnescapeEntities, TakesOnlyWholeReferences) {
  EXPECT_EQ(unescape_entities(U"&amp;&#65;&#x41;"), U"&AA");
  EXPECT_EQ(unescape_entities(U"this&not that &amp so &#65 &#65a;"),
            U"this&not that &amp so &#65 &#65a;");
  EXPECT_EQ(unescape_entities(U"&#59;"), U"&#59;") << "would only move the semicolon";
  EXPECT_EQ(unescape_entities(U"&CounterClockwiseContourIntegral;"),
            U"&CounterClockwiseContourIntegral;")
      << "longer than 24 letters";
}

TEST(UnescapeEntities, ReplacesWhatAppears) {
  EXPECT_EQ(unescape_entities(U"&amp;amp;lt;&amp;#38;gt;"), U"<>");
  EXPECT_EQ(unescape_entities(U"&am&#112;;lt;"), U"<");
  EXPECT_EQ(unescape_entities(U"&amp&semi;gt&semi;"), U">") << "a semicolon by its name";
  EXPECT_EQ(unescape_entities(U"&&#1;amp;&#1;;"), U"&;") << "some are nothing";
  EXPECT_EQ(unescape_entities(U"&amp;amp &amp;#59; &amp;;"), U"&amp &#59; &;");
}

TEST(UnescapeEntities, ReadsNamesInCapitalsWhereNoOtherHasThem) {
  EXPECT_EQ(unescape_entities(U"P&EACUTE;REZ STRA&SZLIG;E"), U"P\u00C9REZ STRASSE");
  EXPECT_EQ(unescape_entities(U"&GTRSIM;"), U"&GTRSIM;") << "HTML reads it as &GT";
}

}  // namespace
}  // namespace tpretrain::text
