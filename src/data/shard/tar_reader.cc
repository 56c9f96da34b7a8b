#include "data/shard/tar_reader.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::data {

namespace {

/// Bytes of an extended header or a long name; real ones have some hundred.
constexpr uint64_t kMaxExtension = uint64_t{1} << 20;
constexpr size_t kMaxName = 4096;

}  // namespace

void TarReader::fail(const std::string& what) const {
  throw DataError(fmt::format("{}: byte {}: {}", file_.name(), position_, what));
}

std::optional<TarHeader> TarReader::read_header(uint64_t at) const {
  if (file_.size() - at < kTarBlock) {
    fail(fmt::format("the archive is cut: it ends at byte {}, inside a header", file_.size()));
  }
  std::array<char, kTarBlock> block;
  file_.read(at, block.data(), block.size());
  try {
    return parse_tar_header({block.data(), block.size()});
  } catch (const DataError& error) {
    fail(error.what());
  }
}

uint64_t TarReader::checked_end(uint64_t data, uint64_t size, const std::string& name) const {
  const uint64_t left = file_.size() - data;
  if (size > left) {
    fail(
        fmt::format("the archive is cut: '{}' has {} bytes, but the file ends {} bytes after its "
                    "header",
                    escape_control(name.substr(0, kMaxName)), size, left));
  }
  // Padding that a cut took away holds no data.
  return std::min(data + tar_padded(size), file_.size());
}

void TarReader::take_extension(const TarHeader& header, uint64_t data, Overrides& overrides) const {
  if (header.size > kMaxExtension) {
    fail(fmt::format("an extended header of {} bytes; at most {} are read", header.size,
                     kMaxExtension));
  }
  checked_end(data, header.size, header.name);
  const std::string text = file_.bytes(data, header.size);
  if (header.type == 'L') {
    overrides.name = text.substr(0, text.find('\0'));
  } else if (header.type == 'x' || header.type == 'X') {
    PaxRecords records;
    try {
      records = parse_pax(text);
    } catch (const DataError& error) {
      fail(error.what());
    }
    overrides.sparse = overrides.sparse || records.sparse;
    if (records.path) {
      overrides.name = std::move(records.path);
    }
    if (records.size) {
      overrides.size = records.size;
    }
  }
}

/// Old GNU sparse files go on with blocks of their map until one does not say so.
uint64_t TarReader::skip_sparse_map(uint64_t at) const {
  constexpr size_t kMore = 504;
  for (char more = '\1'; more != '\0'; at += kTarBlock) {
    if (file_.size() - at < kTarBlock) {
      fail("the archive is cut: it ends inside the map of a sparse file");
    }
    file_.read(at + kMore, &more, 1);
  }
  return at;
}

/// Reads one member with the headers that belong to it and moves `at` behind it; none when it is
/// no regular file, or at the end.
std::optional<TarMember> TarReader::member_at(uint64_t& at) {
  Overrides overrides;
  for (;;) {
    const std::optional<TarHeader> header = read_header(at);
    if (!header) {
      ended_ = true;
      return std::nullopt;
    }
    uint64_t data = at + kTarBlock;
    const char type = header->type;
    if (type == 'L' || type == 'K' || type == 'x' || type == 'X' || type == 'g') {
      take_extension(*header, data, overrides);
      at = checked_end(data, header->size, header->name);
      continue;
    }
    if (header->extended) {
      data = skip_sparse_map(data);
    }
    TarMember member{overrides.name.value_or(header->name), data,
                     overrides.size.value_or(header->size)};
    at = header->has_data() ? checked_end(data, member.size, member.name) : data;
    if (!header->is_regular() || overrides.sparse) {
      return std::nullopt;
    }
    if (member.name.size() > kMaxName) {
      fail(fmt::format("a name of {} bytes; at most {} are read", member.name.size(), kMaxName));
    }
    return member;
  }
}

std::optional<TarMember> TarReader::next() {
  while (!ended_ && position_ < file_.size()) {
    uint64_t at = position_;
    std::optional<TarMember> member = member_at(at);
    if (!ended_) {
      position_ = at;
    }
    if (member) {
      return member;
    }
  }
  return std::nullopt;
}

}  // namespace tpretrain::data
