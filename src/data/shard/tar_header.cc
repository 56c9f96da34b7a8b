#include "data/shard/tar_header.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "tpretrain/base/error.h"

namespace tpretrain::data {

namespace {

struct FieldPlace {
  size_t offset;
  size_t size;
};

constexpr FieldPlace kName{0, 100};
constexpr FieldPlace kSize{124, 12};
constexpr FieldPlace kChecksum{148, 8};
constexpr size_t kType = 156;
constexpr FieldPlace kMagic{257, 6};
constexpr FieldPlace kPrefix{345, 155};
constexpr size_t kExtended = 482;

std::string_view field(std::string_view block, FieldPlace place) {
  return block.substr(place.offset, place.size);
}

std::string_view text(std::string_view block, FieldPlace place) {
  const std::string_view bytes = field(block, place);
  return bytes.substr(0, bytes.find('\0'));
}

/// The sum of the bytes with the checksum itself as blanks. Some old writers summed signed bytes.
void check_sum(std::string_view block) {
  int64_t plain = 0;
  int64_t with_sign = 0;
  for (size_t i = 0; i < kTarBlock; ++i) {
    const bool own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
    const char byte = own ? ' ' : block[i];
    plain += static_cast<unsigned char>(byte);
    with_sign += static_cast<signed char>(byte);
  }
  const auto stated = parse_tar_number(field(block, kChecksum));
  if (!stated ||
      (static_cast<int64_t>(*stated) != plain && static_cast<int64_t>(*stated) != with_sign)) {
    throw DataError("the checksum of a tar header does not fit its bytes");
  }
}

std::optional<uint64_t> parse_decimal(std::string_view digits) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole ? std::optional(value) : std::nullopt;
}

void take_record(std::string_view key, std::string_view value, PaxRecords& records) {
  if (key == "path") {
    records.path = std::string(value);
  } else if (key == "size") {
    records.size = parse_decimal(value);
    if (!records.size) {
      throw DataError("a pax header has a `size` that is no number");
    }
  } else if (key.starts_with("GNU.sparse.")) {
    records.sparse = true;
  }
}

}  // namespace

std::optional<uint64_t> parse_tar_number(std::string_view field) {
  if (field.empty()) {
    return std::nullopt;
  }
  uint64_t value = 0;
  const auto lead = static_cast<unsigned char>(field[0]);
  if ((lead & 0x80U) != 0) {
    value = lead & 0x7FU;
    for (const char byte : field.substr(1)) {
      if (value > (uint64_t{std::numeric_limits<int64_t>::max()} >> 8)) {
        return std::nullopt;  // negative numbers end here too: they begin with 0xFF
      }
      value = value << 8 | static_cast<unsigned char>(byte);
    }
    return value;
  }
  const size_t begin = std::min(field.find_first_not_of(' '), field.size());
  size_t i = begin;
  for (; i < field.size() && field[i] >= '0' && field[i] <= '7'; ++i) {
    value = value << 3 | static_cast<uint64_t>(field[i] - '0');  // 12 digits at most: fits
  }
  const bool ends = i == field.size() || field[i] == ' ' || field[i] == '\0';
  return ends ? std::optional(value) : std::nullopt;
}

std::optional<TarHeader> parse_tar_header(std::string_view block) {
  TP_ASSERT(block.size() == kTarBlock);
  if (block.find_first_not_of('\0') == std::string_view::npos) {
    return std::nullopt;
  }
  check_sum(block);
  TarHeader header;
  header.name = text(block, kName);
  header.type = block[kType];
  const auto size = parse_tar_number(field(block, kSize));
  if (!size) {
    throw DataError("the size in a tar header is no number");
  }
  header.size = *size;
  // GNU's own format keeps times where ustar has the prefix.
  if (field(block, kMagic) == std::string_view("ustar\0", 6)) {
    const std::string_view prefix = text(block, kPrefix);
    if (!prefix.empty()) {
      header.name = std::string(prefix) + "/" + header.name;
    }
  } else if (header.type == 'S') {
    header.extended = block[kExtended] != '\0';
  }
  // Before ustar a folder was a file whose name ends in a slash.
  if (header.type == '\0' && header.name.ends_with('/')) {
    header.type = '5';
  }
  return header;
}

PaxRecords parse_pax(std::string_view text) {
  PaxRecords records;
  while (!text.empty() && text.front() != '\0') {
    const size_t blank = text.find(' ');
    const auto length = parse_decimal(text.substr(0, std::min(blank, text.size())));
    if (!length || *length > text.size() || *length < blank + 2 || text[*length - 1] != '\n') {
      throw DataError("a pax header is damaged");
    }
    const std::string_view record = text.substr(blank + 1, *length - blank - 2);
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos) {
      throw DataError("a pax header has a record without a value");
    }
    take_record(record.substr(0, equals), record.substr(equals + 1), records);
    text.remove_prefix(*length);
  }
  return records;
}

}  // namespace tpretrain::data
