#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "tpretrain/base/config.h"

namespace tpretrain {
namespace {

TEST(ParseInteger, ReadsDecimalsExactly) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-0"), 0);
  EXPECT_EQ(parse_integer("+12"), 12);
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_EQ(parse_integer("9007199254740993"), 9007199254740993);  // 2^53 + 1: no double on the way
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
}

TEST(ParseInteger, TakesSuffixesAndExponentsWhenExact) {
  EXPECT_EQ(parse_integer("10k"), 10'000);
  EXPECT_EQ(parse_integer("1.5k"), 1500);
  EXPECT_EQ(parse_integer("2M"), 2'000'000);
  EXPECT_EQ(parse_integer("3G"), 3'000'000'000);
  EXPECT_EQ(parse_integer("1e4"), 10'000);
  EXPECT_EQ(parse_integer("1.25E+2"), 125);
  EXPECT_EQ(parse_integer("0x1F"), 31);
  EXPECT_EQ(parse_integer("0e5"), 0);
  EXPECT_EQ(parse_integer("1.2345k"), std::nullopt);
  EXPECT_EQ(parse_integer("1e-1"), std::nullopt);
}

TEST(ParseInteger, RefusesEverythingElse) {
  for (const char* text : {"",
                           "-",
                           "+",
                           ".",
                           "010",
                           "0777",
                           "-07",
                           "00",
                           "1_000",
                           "1,000",
                           "12.0",
                           "12.",
                           "abc",
                           "1x",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "1e19",
                           "10T",
                           "1kk",
                           "k",
                           " 1",
                           "1 ",
                           "0x",
                           "0x-1",
                           "0xG",
                           "0xFFFFFFFFFFFFFFFF",
                           "1e99999999999",
                           "0o17",
                           "--1",
                           "+-1",
                           "true",
                           "null"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
}

TEST(ParseInteger, LongDigitsAreBounded) {
  EXPECT_EQ(parse_integer(std::string(1'000'000, '9')), std::nullopt);
  EXPECT_EQ(parse_integer("1" + std::string(100'000, '0')), std::nullopt);
  EXPECT_EQ(parse_integer("1." + std::string(100'000, '0') + "k"), 1000);
}

TEST(ParseNumber, ReadsTheCoreSchema) {
  EXPECT_EQ(parse_number("1"), 1.0);
  EXPECT_EQ(parse_number("-1.5"), -1.5);
  EXPECT_EQ(parse_number("+.5"), 0.5);
  EXPECT_EQ(parse_number("1."), 1.0);
  EXPECT_EQ(parse_number("1e-12"), 1e-12);
  EXPECT_EQ(parse_number("2.5E3"), 2500.0);
  EXPECT_EQ(parse_number(".inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_number("-.inf"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(*parse_number(".nan")));
}

TEST(ParseNumber, RefusesEverythingElse) {
  for (const char* text : {"", ".", "-", "1e400", "-1e400", "010", "00.5", "1k", "inf", "nan",
                           "0x10", "1_0", "1.5.2", "e5", "1 ", "- 1", "-.nan"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(ParseBoolean, KnowsOnlyTwoWords) {
  EXPECT_EQ(parse_boolean("true"), true);
  EXPECT_EQ(parse_boolean("false"), false);
  for (const char* text : {"", "True", "TRUE", "yes", "on", "1", "0", "no", "off"}) {
    EXPECT_EQ(parse_boolean(text), std::nullopt) << text;
  }
}

TEST(NumberText, IsShortAndReadable) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1), "1");
  EXPECT_EQ(number_text(1e-5), "1e-5");
  EXPECT_EQ(number_text(1e-12), "1e-12");
  EXPECT_EQ(number_text(1e20), "1e20");
  EXPECT_EQ(number_text(1e100), "1e100");
  EXPECT_EQ(number_text(-0.0), "-0");
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), ".inf");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-.inf");
  EXPECT_EQ(number_text(std::numeric_limits<double>::quiet_NaN()), ".nan");
}

TEST(NumberText, ReadsBackToTheSameBits) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isnan(value)) {
      continue;
    }
    ASSERT_EQ(parse_number(number_text(value)), value) << number_text(value);
  }
}

}  // namespace
}  // namespace tpretrain
