/// Layout of a shard's index file: a header, tables of fixed records, then text. Torch-free.
#pragma once

#include <array>
#include <cstdint>

namespace tpretrain::data::shard_format {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are written as they lie");

inline constexpr std::array<char, 8> kMagic = {'T', 'P', 'S', 'H', 'A', 'R', 'D', 'I'};
inline constexpr uint32_t kVersion = 1;
inline constexpr size_t kHex = 32;

struct Header {
  std::array<char, 8> magic = kMagic;
  uint32_t version = kVersion;
  uint32_t reserved = 0;
  uint64_t shard_bytes = 0;
  int64_t shard_changed = 0;  ///< nanoseconds since 1970
  uint64_t samples = 0;
  uint64_t members = 0;
  uint64_t lines = 0;       ///< fault messages
  uint64_t text_bytes = 0;  ///< keys, extensions and messages
  std::array<uint64_t, 5> faults = {};
  std::array<char, kHex> content = {};
  /// XXH3-128 of the file, these digits taken as zeros.
  std::array<char, kHex> checksum = {};
};

static_assert(sizeof(Header) == 168);

struct Text {
  uint64_t offset = 0;
  uint64_t size = 0;
};

struct Sample {
  Text key;
  uint64_t first_member = 0;
  uint32_t members = 0;
  uint32_t captions = 0;
};

static_assert(sizeof(Sample) == 32);

struct Member {
  uint64_t offset = 0;
  uint64_t size = 0;
  Text extension;
};

static_assert(sizeof(Member) == 32);

static_assert(sizeof(Text) == 16);

}  // namespace tpretrain::data::shard_format
