#include "data/text/utf8.h"

#include <gtest/gtest.h>

namespace tpretrain::text {
namespace {

std::string mended(const std::string& text, int64_t* count = nullptr) {
  int64_t replaced = 0;
  std::string out = mend_utf8(text, replaced);
  if (count != nullptr) {
    *count = replaced;
  }
  return out;
}

constexpr const char* kR = "\xEF\xBF\xBD";

TEST(Utf8, EveryScalarValueSurvivesARoundTrip) {
  for (char32_t c = 0; c < 0x110000; c += c < 0x10000 ? 1 : 13) {
    if (c >= 0xD800 && c < 0xE000) {
      continue;
    }
    char bytes[4];
    const size_t size = put_code_point(c, bytes);
    const Decoded decoded = decode_utf8(bytes, bytes + size);
    ASSERT_EQ(decoded.code_point, c);
    ASSERT_EQ(decoded.size, size);
    ASSERT_EQ(valid_prefix({bytes, size}), size);
  }
}

/// Counts as in the table of Unicode 15, section 3.9, "U+FFFD substitution of maximal subparts".
TEST(Utf8, ReplacesMaximalSubpartsAsWhatwgDoes) {
  const std::string r = kR;
  EXPECT_EQ(mended("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(mended("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(mended("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"), r + r + r + r + r + "A" + r + r + "B");
  EXPECT_EQ(mended("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), r + r + r + r + "A");
}

TEST(Utf8, TruncatedSequenceAtTheEndIsOneReplacement) {
  int64_t count = 0;
  EXPECT_EQ(mended("a\xF0\x9F\x98", &count), std::string("a") + kR);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(mended("a\xE4\xB8", &count), std::string("a") + kR);
  EXPECT_EQ(count, 1);
}

TEST(Utf8, ValidPrefixStopsAtTheFirstBadByteBehindLongAscii) {
  EXPECT_EQ(valid_prefix("0123456789abcdef\xFFxyz"), 16U);
  EXPECT_EQ(valid_prefix("0123456789abcde\xE4\xB8\xAD\xE4\xB8"), 18U);
}

TEST(Utf8, MendingKeepsNulAndValidTextUnchanged) {
  const std::string text("a\0b\xE4\xB8\xAD", 6);
  EXPECT_EQ(mended(text), text);
}

}  // namespace
}  // namespace tpretrain::text
