#include "data/text/sentence_split.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tpretrain::text {
namespace {

using Sentences = std::vector<std::string>;

Sentences split(const std::string& text) {
  Sentences out;
  split_sentences(text, [&out](std::string_view sentence) { out.emplace_back(sentence); });
  return out;
}

TEST(SentenceSplit, EnglishEndsAtAMarkASpaceAndACapital) {
  EXPECT_EQ(split("It rained. We stayed! Why not? \"Yes.\" 7 came."),
            (Sentences{"It rained.", "We stayed!", "Why not?", "\"Yes.\"", "7 came."}));
}

TEST(SentenceSplit, LowerCaseBehindAMarkGoesOn) {
  EXPECT_EQ(split("He said what? and left. it was late."),
            (Sentences{"He said what? and left. it was late."}));
}

TEST(SentenceSplit, AbbreviationsInitialsAndNumbersDoNotEndASentence) {
  EXPECT_EQ(split("Dr. Smith met J. R. Jones. They spoke."),
            (Sentences{"Dr. Smith met J. R. Jones.", "They spoke."}));
  EXPECT_EQ(split("In the U.S. Army (e.g. Fig. 3 on p. 4) pi is 3.14. End."),
            (Sentences{"In the U.S. Army (e.g. Fig. 3 on p. 4) pi is 3.14.", "End."}));
  EXPECT_EQ(split("She said no. Nobody came."), (Sentences{"She said no.", "Nobody came."}));
}

TEST(SentenceSplit, ClosingQuotesAndBracketsStayWithTheirSentence) {
  EXPECT_EQ(split("(It was.) He said \"Go!\" Then left."),
            (Sentences{"(It was.)", "He said \"Go!\"", "Then left."}));
}

TEST(SentenceSplit, RunsOfMarksAreOneEnd) {
  EXPECT_EQ(split("What?! Really... Yes."), (Sentences{"What?!", "Really...", "Yes."}));
}

TEST(SentenceSplit, ChineseNeedsNoSpace) {
  EXPECT_EQ(
      split("\u4e0b\u96e8\u4e86\u3002\u6211\u4eec\u8d70\uff01\u597d\u5417\uff1f"),
      (Sentences{"\u4e0b\u96e8\u4e86\u3002", "\u6211\u4eec\u8d70\uff01", "\u597d\u5417\uff1f"}));
  EXPECT_EQ(split("\u4ed6\u8bf4\u201c\u597d\u3002\u201d\u8d70\u4e86\u3002"),
            (Sentences{"\u4ed6\u8bf4\u201c\u597d\u3002\u201d", "\u8d70\u4e86\u3002"}));
}

TEST(SentenceSplit, AsciiMarksBetweenIdeographsEndASentence) {
  EXPECT_EQ(split("\u597d!\u8d70?\u6765"), (Sentences{"\u597d!", "\u8d70?", "\u6765"}));
}

TEST(SentenceSplit, NothingIsLostButWhiteSpace) {
  const std::string text = " One.  Two\tthree ... \u4e2d\u3002  last without a mark ";
  std::string joined;
  for (const std::string& sentence : split(text)) {
    EXPECT_FALSE(sentence.empty());
    joined += sentence;
  }
  const auto dense = [](std::string s) {
    std::erase_if(s, [](char c) { return c == ' ' || c == '\t'; });
    return s;
  };
  EXPECT_EQ(dense(joined), dense(text));
  EXPECT_TRUE(split(" \n ").empty());
}

}  // namespace
}  // namespace tpretrain::text
