#include "tpretrain/base/hash.h"

#include <string>

#include <gtest/gtest.h>

namespace tpretrain {
namespace {

// Published values: XXH3-128 of the empty input, seed 0 (xxHash documentation, xxhsum -H2).
TEST(Xxh3, GivesTheKnownValueOfNothing) {
  EXPECT_EQ(xxh3_hex(nullptr, 0), "99aa06d3014798d86001c324468d497f");
}

TEST(Xxh3, StreamEqualsOneShotForAnyCut) {
  std::string bytes(3000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(i * 7 + i / 256);
  }
  const std::string whole = xxh3_hex(bytes.data(), bytes.size());
  EXPECT_EQ(whole.size(), 32);
  EXPECT_EQ(whole.find_first_not_of("0123456789abcdef"), std::string::npos);
  for (size_t cut = 0; cut <= bytes.size(); cut += 101) {
    Xxh3 stream;
    stream.update(bytes.data(), cut);
    stream.update(bytes.data() + cut, bytes.size() - cut);
    ASSERT_EQ(stream.hex(), whole) << cut;
  }
}

TEST(Xxh3, HexDoesNotEndTheStream) {
  Xxh3 stream;
  stream.update("ab", 2);
  EXPECT_EQ(stream.hex(), xxh3_hex("ab", 2));
  stream.update("c", 1);
  EXPECT_EQ(stream.hex(), xxh3_hex("abc", 3));
}

TEST(Xxh3, OneBitChangesTheValue) {
  EXPECT_NE(xxh3_hex("abc", 3), xxh3_hex("abb", 3));
  EXPECT_NE(xxh3_hex("abc", 3), xxh3_hex("abc", 2));
}

}  // namespace
}  // namespace tpretrain
