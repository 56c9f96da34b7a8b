#include "tpretrain/base/text.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tpretrain/base/shape_text.h"

namespace tpretrain {
namespace {

// The textbook recursion, exponential but independent.
int64_t naive_distance(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) {
    return static_cast<int64_t>(a.size() + b.size());
  }
  const std::string_view rest_a = a.substr(1);
  const std::string_view rest_b = b.substr(1);
  if (a[0] == b[0]) {
    return naive_distance(rest_a, rest_b);
  }
  return 1 + std::min({naive_distance(rest_a, b), naive_distance(a, rest_b),
                       naive_distance(rest_a, rest_b)});
}

bool naive_glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern[0] == '*') {
    return naive_glob(pattern.substr(1), text) ||
           (!text.empty() && naive_glob(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         naive_glob(pattern.substr(1), text.substr(1));
}

std::string random_word(std::mt19937& random, std::string_view letters, int longest) {
  std::string word(random() % static_cast<unsigned>(longest + 1), ' ');
  for (char& c : word) {
    c = letters[random() % letters.size()];
  }
  return word;
}

TEST(EditDistance, CountsSingleByteEdits) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("same", "same"), 0);
}

TEST(EditDistance, EqualsTheNaiveRecursion) {
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    const std::string a = random_word(random, "abc", 6);
    const std::string b = random_word(random, "abc", 6);
    ASSERT_EQ(edit_distance(a, b), naive_distance(a, b)) << a << " / " << b;
  }
}

TEST(Nearest, AllowsTwoEditsOrAThirdOfTheName) {
  const std::vector<std::string> known = {"hidden", "heads", "layers"};
  EXPECT_EQ(nearest("hiden", known), "hidden");
  EXPECT_EQ(nearest("lay", {"layer"}), "layer");
  EXPECT_EQ(nearest("xyz", known), std::nullopt);
  EXPECT_EQ(nearest("abcdefghi", {"abcdefxyz"}), "abcdefxyz");
  EXPECT_EQ(nearest("abcdefghi", {"abcdewxyz"}), std::nullopt);
  EXPECT_EQ(nearest(std::string(1'000'000, 'a'), {"a"}), std::nullopt);
}

TEST(Nearest, TakesTheFirstOfEquallyNearNames) {
  EXPECT_EQ(nearest("cat", {"car", "cap"}), "car");
}

TEST(Suggestion, NamesOneOrListsAFew) {
  EXPECT_EQ(suggestion("hiden", {"hidden", "heads"}), "; did you mean 'hidden'?");
  EXPECT_EQ(suggestion("quite_other", {"a", "b"}), "; known: a, b");
  EXPECT_EQ(suggestion("x", {}), "");
  EXPECT_EQ(suggestion("quite_other", std::vector<std::string>(12, "a")).substr(0, 9), "; known: ");
  EXPECT_EQ(suggestion("quite_other", std::vector<std::string>(13, "a")), "");
}

TEST(SplitAndJoin, UndoEachOther) {
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), std::vector<std::string>{""});
  EXPECT_EQ(join({"a", "", "b", ""}, ","), "a,,b,");
  EXPECT_EQ(join({}, ","), "");
}

TEST(Trim, RemovesOuterWhiteSpaceOnly) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(NameMatches, PlainPatternMatchesEverythingBelow) {
  EXPECT_TRUE(name_matches("encoder", "encoder"));
  EXPECT_TRUE(name_matches("encoder", "encoder.layers.0.weight"));
  EXPECT_FALSE(name_matches("encoder", "encoders.layers"));
  EXPECT_FALSE(name_matches("encoder", "text.encoder"));
  EXPECT_FALSE(name_matches("encoder.layers", "encoder"));
}

TEST(NameMatches, WildcardsMatchTheWholeName) {
  EXPECT_TRUE(name_matches("*.bias", "encoder.layers.0.bias"));
  EXPECT_FALSE(name_matches("*.bias", "encoder.bias.x"));
  EXPECT_TRUE(name_matches("encoder.layers.?.weight", "encoder.layers.3.weight"));
  EXPECT_FALSE(name_matches("encoder.layers.?.weight", "encoder.layers.12.weight"));
  EXPECT_TRUE(name_matches("*", ""));
}

TEST(NameMatches, EqualsTheNaiveGlob) {
  std::mt19937 random(2);
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = random_word(random, "ab.*?", 6) + "*";
    const std::string name = random_word(random, "ab.", 8);
    ASSERT_EQ(name_matches(pattern, name), naive_glob(pattern, name)) << pattern << " / " << name;
  }
}

TEST(NameMatches, ManyStarsStayFast) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) {
    pattern += "*a";
  }
  EXPECT_FALSE(name_matches(pattern + "b", std::string(5000, 'a')));
}

TEST(EscapeControl, EscapesControlsAndBrokenBytesAndKeepsTheRest) {
  EXPECT_EQ(escape_control("a\x1b[31m\a\n"), "a\\x1b[31m\\x07\\x0a");
  EXPECT_EQ(escape_control(std::string("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(escape_control("gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x98\x80"),
            "gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x98\x80");
  EXPECT_EQ(escape_control("\xc2\x9b"
                           "2J"),
            "\\xc2\\x9b2J");
  EXPECT_EQ(escape_control("\xff"
                           "a\xe4\xb8"),
            "\\xffa\\xe4\\xb8");
}

TEST(WithCommas, GroupsByThree) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(110106428), "110,106,428");
  EXPECT_EQ(with_commas(-123456), "-123,456");
  EXPECT_EQ(with_commas(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(ShapeText, ShowsTheSizes) {
  EXPECT_EQ(shape_text(std::vector<int64_t>{768, -1}), "[768, -1]");
  EXPECT_EQ(shape_text({}), "[]");
}

TEST(HumanBytes, ChoosesTheUnit) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(1572864), "1.5 MiB");
  EXPECT_EQ(human_bytes((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "16.0 EiB");
}

TEST(HumanSeconds, ChoosesTheUnit) {
  EXPECT_EQ(human_seconds(0), "0s");
  EXPECT_EQ(human_seconds(12.4), "12s");
  EXPECT_EQ(human_seconds(59.6), "1m 00s");
  EXPECT_EQ(human_seconds(65), "1m 05s");
  EXPECT_EQ(human_seconds(7380), "2h 03m");
  EXPECT_EQ(human_seconds(-65), "-1m 05s");
  EXPECT_EQ(human_seconds(1e300), "?");
}

}  // namespace
}  // namespace tpretrain
