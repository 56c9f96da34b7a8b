#include "data/shard/shard_index.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "data/shard/shard_index_builder.h"
#include "data/shard/shard_index_format.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"

namespace tpretrain::data {

namespace {

using shard_format::Header;
using shard_format::Member;
using shard_format::Sample;
using shard_format::Text;

template <typename Record>
Record record(std::string_view bytes, uint64_t offset, uint64_t index) {
  Record value;
  std::memcpy(&value, bytes.data() + offset + index * sizeof(Record), sizeof(Record));
  return value;
}

uint64_t members_at(const Header& header) {
  return sizeof(Header) + header.samples * sizeof(Sample);
}

uint64_t lines_at(const Header& header) {
  return members_at(header) + header.members * sizeof(Member);
}

/// The tables and the text fill the file exactly; counts are capped first, so that no sum wraps.
bool sizes_fit(const Header& header, uint64_t bytes) {
  if (header.samples > bytes || header.members > bytes || header.lines > bytes ||
      header.text_bytes > bytes) {
    return false;
  }
  return lines_at(header) + header.lines * sizeof(Text) + header.text_bytes == bytes;
}

bool checksum_fits(std::string_view bytes, const Header& header) {
  constexpr size_t kAt = offsetof(Header, checksum);
  constexpr std::array<char, shard_format::kHex> kZeros = {};
  Xxh3 hash;
  hash.update(bytes.data(), kAt);
  hash.update(kZeros.data(), kZeros.size());
  hash.update(bytes.data() + kAt + kZeros.size(), bytes.size() - kAt - kZeros.size());
  return hash.hex() == std::string_view(header.checksum.data(), header.checksum.size());
}

bool inside(uint64_t offset, uint64_t size, uint64_t whole) {
  return offset <= whole && size <= whole - offset;
}

bool records_fit(std::string_view bytes, const Header& header) {
  for (uint64_t i = 0; i < header.samples; ++i) {
    const auto sample = record<Sample>(bytes, sizeof(Header), i);
    if (!inside(sample.key.offset, sample.key.size, header.text_bytes) ||
        !inside(sample.first_member, sample.members, header.members)) {
      return false;
    }
  }
  for (uint64_t i = 0; i < header.members; ++i) {
    const auto member = record<Member>(bytes, members_at(header), i);
    if (!inside(member.offset, member.size, header.shard_bytes) ||
        !inside(member.extension.offset, member.extension.size, header.text_bytes)) {
      return false;
    }
  }
  for (uint64_t i = 0; i < header.lines; ++i) {
    const auto line = record<Text>(bytes, lines_at(header), i);
    if (!inside(line.offset, line.size, header.text_bytes)) {
      return false;
    }
  }
  return true;
}

}  // namespace

const char* shard_fault_name(ShardFault fault) {
  switch (fault) {
    case ShardFault::kCut:
      return "cut";
    case ShardFault::kDuplicateExtension:
      return "duplicate_extension";
    case ShardFault::kDuplicateKey:
      return "duplicate_key";
    case ShardFault::kNoImage:
      return "no_image";
    case ShardFault::kBadJson:
      return "bad_json";
  }
  return "unknown";
}

bool ShardIndex::attach(std::string_view bytes) {
  if (bytes.size() < sizeof(Header)) {
    return false;
  }
  const auto header = record<Header>(bytes, 0, 0);
  if (header.magic != shard_format::kMagic || header.version != shard_format::kVersion ||
      !sizes_fit(header, bytes.size()) || !checksum_fits(bytes, header) ||
      !records_fit(bytes, header)) {
    return false;
  }
  bytes_ = bytes;
  samples_ = static_cast<int64_t>(header.samples);
  text_ = bytes.substr(bytes.size() - header.text_bytes);
  return true;
}

ShardIndex ShardIndex::build(const ByteFile& shard, int64_t changed) {
  ShardIndex index;
  // On the heap whatever its length, so that the view stays good when the index is moved.
  auto bytes = std::make_shared<std::string>(ShardIndexBuilder(shard).run(changed));
  index.owner_ = bytes;
  TP_ASSERT(index.attach(*bytes));
  return index;
}

std::optional<ShardIndex> ShardIndex::load(const fs::path& path, uint64_t size, int64_t changed) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return std::nullopt;
  }
  ShardIndex index;
  auto mapped = std::make_shared<MappedFile>(path);
  index.owner_ = mapped;
  if (!index.attach({reinterpret_cast<const char*>(mapped->data()), mapped->size()})) {
    return std::nullopt;
  }
  const auto header = record<Header>(index.bytes_, 0, 0);
  return header.shard_bytes == size && header.shard_changed == changed ? std::optional(index)
                                                                       : std::nullopt;
}

uint64_t ShardIndex::shard_bytes() const {
  return record<Header>(bytes_, 0, 0).shard_bytes;
}

std::string_view ShardIndex::key(int64_t sample) const {
  const auto found = record<Sample>(bytes_, sizeof(Header), static_cast<uint64_t>(sample));
  return text_.substr(found.key.offset, found.key.size);
}

int64_t ShardIndex::captions(int64_t sample) const {
  return record<Sample>(bytes_, sizeof(Header), static_cast<uint64_t>(sample)).captions;
}

std::vector<ShardMember> ShardIndex::members(int64_t sample) const {
  const auto found = record<Sample>(bytes_, sizeof(Header), static_cast<uint64_t>(sample));
  const uint64_t table = members_at(record<Header>(bytes_, 0, 0));
  std::vector<ShardMember> members;
  members.reserve(found.members);
  for (uint64_t i = 0; i < found.members; ++i) {
    const auto member = record<Member>(bytes_, table, found.first_member + i);
    members.push_back(
        {member.offset, member.size, text_.substr(member.extension.offset, member.extension.size)});
  }
  return members;
}

int64_t ShardIndex::faults(ShardFault fault) const {
  return static_cast<int64_t>(record<Header>(bytes_, 0, 0).faults[static_cast<size_t>(fault)]);
}

std::vector<std::string> ShardIndex::fault_lines() const {
  const auto header = record<Header>(bytes_, 0, 0);
  std::vector<std::string> lines;
  for (uint64_t i = 0; i < header.lines; ++i) {
    const auto line = record<Text>(bytes_, lines_at(header), i);
    lines.emplace_back(text_.substr(line.offset, line.size));
  }
  return lines;
}

std::string ShardIndex::content() const {
  const auto header = record<Header>(bytes_, 0, 0);
  return {header.content.data(), header.content.size()};
}

}  // namespace tpretrain::data
