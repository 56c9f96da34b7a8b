#include "base/crc32c.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tpretrain/base/hash.h"

namespace tpretrain {
namespace {

// One bit at a time, from the definition.
uint32_t naive_crc(const std::string& bytes) {
  uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
    }
  }
  return ~crc;
}

std::string random_bytes(std::mt19937& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) {
    c = static_cast<char>(random());
  }
  return bytes;
}

TEST(Crc32c, GivesTheCheckValue) {
  EXPECT_EQ(crc32c("123456789", 9), 0xE3069283);
  EXPECT_EQ(crc32c_table("123456789", 9, 0), 0xE3069283);
  EXPECT_EQ(crc32c(nullptr, 0), 0);
  EXPECT_EQ(crc32c(std::string(32, '\0').data(), 32), 0x8A9136AA);  // RFC 3720, B.4
}

TEST(Crc32c, EveryPathEqualsTheDefinition) {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    const std::string bytes = random_bytes(random, random() % 12'000);
    const uint32_t expected = naive_crc(bytes);
    ASSERT_EQ(crc32c_table(bytes.data(), bytes.size(), 0), expected) << bytes.size();
    if (crc32c_hardware_present()) {
      ASSERT_EQ(crc32c_hardware(bytes.data(), bytes.size(), 0), expected) << bytes.size();
    }
  }
}

TEST(Crc32c, ContinuesFromAnyCut) {
  std::mt19937 random(2);
  const std::string bytes = random_bytes(random, 8000);
  const uint32_t whole = crc32c(bytes.data(), bytes.size());
  for (size_t cut = 0; cut <= bytes.size(); cut += 97) {
    const uint32_t first = crc32c(bytes.data(), cut);
    ASSERT_EQ(crc32c(bytes.data() + cut, bytes.size() - cut, first), whole) << cut;
  }
}

TEST(Crc32c, UnalignedBuffersGiveTheSame) {
  std::mt19937 random(3);
  const std::string bytes = random_bytes(random, 5000);
  for (size_t shift = 0; shift < 16; ++shift) {
    const std::string moved = std::string(shift, 'x') + bytes;
    ASSERT_EQ(crc32c(moved.data() + shift, bytes.size()), naive_crc(bytes)) << shift;
  }
}

}  // namespace
}  // namespace tpretrain
