#include "base/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace tpretrain {
namespace {

using Table = std::array<uint32_t, 256>;

// tables[n][b]: the register after byte b and n zero bytes (slicing by 8).
constexpr std::array<Table, 8> make_tables() {
  constexpr uint32_t kReversedPolynomial = 0x82F63B78;
  std::array<Table, 8> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ (kReversedPolynomial & (0U - (crc & 1)));
    }
    tables[0][byte] = crc;
  }
  for (size_t n = 1; n < 8; ++n) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[n - 1][byte];
      tables[n][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr std::array<Table, 8> kTables = make_tables();

uint64_t load64(const unsigned char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

}  // namespace

uint32_t crc32c_table(const void* data, size_t size, uint32_t crc) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  crc = ~crc;
  for (; size >= 8; size -= 8, bytes += 8) {
    const uint64_t word = load64(bytes) ^ crc;
    crc = 0;
    for (size_t i = 0; i < 8; ++i) {
      crc ^= kTables[7 - i][(word >> (8 * i)) & 0xFF];
    }
  }
  for (; size != 0; --size, ++bytes) {
    crc = (crc >> 8) ^ kTables[0][(crc ^ *bytes) & 0xFF];
  }
  return ~crc;
}

#if defined(__x86_64__)

namespace {

// The instruction takes three cycles and starts every cycle: three blocks run side by side and are
// joined by advancing the earlier registers over the zeros that stand for the later blocks.
constexpr size_t kBlock = 1024;

// One table per byte of the register: its value after kBlock zero bytes (a linear map).
std::array<Table, 4> make_advance() {
  std::array<uint32_t, 32> image{};
  for (size_t bit = 0; bit < 32; ++bit) {
    uint32_t crc = uint32_t{1} << bit;
    for (size_t i = 0; i < kBlock; ++i) {
      crc = (crc >> 8) ^ kTables[0][crc & 0xFF];
    }
    image[bit] = crc;
  }
  std::array<Table, 4> advance{};
  for (size_t byte = 0; byte < 4; ++byte) {
    for (size_t value = 0; value < 256; ++value) {
      for (size_t bit = 0; bit < 8; ++bit) {
        advance[byte][value] ^= (value >> bit & 1) != 0 ? image[8 * byte + bit] : 0;
      }
    }
  }
  return advance;
}

uint32_t advance_block(uint64_t crc) {
  static const std::array<Table, 4> kAdvance = make_advance();
  return kAdvance[0][crc & 0xFF] ^ kAdvance[1][crc >> 8 & 0xFF] ^ kAdvance[2][crc >> 16 & 0xFF] ^
         kAdvance[3][crc >> 24 & 0xFF];
}

}  // namespace

bool crc32c_hardware_present() {
  return __builtin_cpu_supports("sse4.2") != 0;
}

__attribute__((target("sse4.2"))) uint32_t crc32c_hardware(const void* data, size_t size,
                                                           uint32_t crc) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  uint64_t state = ~crc;
  for (; size >= 3 * kBlock; size -= 3 * kBlock, bytes += 3 * kBlock) {
    uint64_t second = 0;
    uint64_t third = 0;
    for (size_t i = 0; i < kBlock; i += 8) {
      state = _mm_crc32_u64(state, load64(bytes + i));
      second = _mm_crc32_u64(second, load64(bytes + kBlock + i));
      third = _mm_crc32_u64(third, load64(bytes + 2 * kBlock + i));
    }
    state = advance_block(advance_block(state) ^ second) ^ third;
  }
  for (; size >= 8; size -= 8, bytes += 8) {
    state = _mm_crc32_u64(state, load64(bytes));
  }
  auto tail = static_cast<uint32_t>(state);
  for (; size != 0; --size, ++bytes) {
    tail = _mm_crc32_u8(tail, *bytes);
  }
  return ~tail;
}

#else

bool crc32c_hardware_present() {
  return false;
}

uint32_t crc32c_hardware(const void* data, size_t size, uint32_t crc) {
  return crc32c_table(data, size, crc);
}

#endif

}  // namespace tpretrain
