#include "base/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace tpretrain {
namespace {

std::string encode(uint32_t code) {
  std::string out;
  const auto tail = [&out](uint32_t bits) { out += static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    tail(code);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    tail(code >> 6);
    tail(code);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    tail(code >> 12);
    tail(code >> 6);
    tail(code);
  }
  return out;
}

TEST(Utf8Sequence, AcceptsEveryCodePointButSurrogates) {
  for (uint32_t code = 0; code < 0x120000; ++code) {
    const std::string text = encode(code);
    const bool valid = code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
    ASSERT_EQ(utf8_sequence(text + "x"), valid ? text.size() : 0) << code;
    if (text.size() > 1) {
      ASSERT_EQ(utf8_sequence(text.substr(0, text.size() - 1)), 0) << code;
    }
  }
}

TEST(Utf8Sequence, RefusesOverlongFormsAndStrayBytes) {
  for (const char* text :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF", "\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3(", "\xE4\xB8(", ""}) {
    EXPECT_EQ(utf8_sequence(text), 0) << text;
  }
}

TEST(StartsWithControl, KnowsTheThreeRanges) {
  EXPECT_TRUE(starts_with_control("\x1f"));
  EXPECT_TRUE(starts_with_control("\x7f"));
  EXPECT_TRUE(starts_with_control("\xC2\x80"));
  EXPECT_TRUE(starts_with_control("\xC2\x9F"));
  EXPECT_FALSE(starts_with_control("\xC2\xA0"));
  EXPECT_FALSE(starts_with_control(" "));
  EXPECT_FALSE(starts_with_control("\xC3\x80"));
}

}  // namespace
}  // namespace tpretrain
