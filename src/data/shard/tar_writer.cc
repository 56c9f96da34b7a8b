#include "data/shard/tar_writer.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "data/shard/tar_header.h"

namespace tpretrain::data {

namespace {

constexpr size_t kRecord = 20 * kTarBlock;
constexpr uint64_t kLargestOctal = (uint64_t{1} << 33) - 1;  // 11 digits
constexpr size_t kNameBytes = 100;
constexpr size_t kPrefixBytes = 155;

/// Where a long name is cut in ustar's prefix and name, or npos.
size_t split_name(std::string_view name) {
  if (name.size() > kPrefixBytes + 1 + kNameBytes) {
    return std::string_view::npos;
  }
  const size_t slash = name.find('/', name.size() - kNameBytes - 1);
  return slash == 0 || slash > kPrefixBytes || slash + 1 == name.size() ? std::string_view::npos
                                                                        : slash;
}

void put(std::string& block, size_t offset, std::string_view text) {
  block.replace(offset, text.size(), text);
}

/// One block. What does not fit is cut; a pax header before it then has the whole.
std::string header_block(std::string_view name, uint64_t size, char type) {
  std::string block(kTarBlock, '\0');
  if (name.size() > kNameBytes) {
    const size_t slash = split_name(name);
    if (slash != std::string_view::npos) {
      put(block, 345, name.substr(0, slash));
      name.remove_prefix(slash + 1);
    }
  }
  put(block, 0, name.substr(0, kNameBytes));
  put(block, 100, "0000644");
  put(block, 108, "0000000");
  put(block, 116, "0000000");
  put(block, 124, fmt::format("{:011o}", size <= kLargestOctal ? size : 0));
  put(block, 136, "00000000000");
  put(block, 148, "        ");
  block[156] = type;
  put(block, 257,
      std::string_view("ustar\0"
                       "00",
                       8));
  uint64_t sum = 0;
  for (const char byte : block) {
    sum += static_cast<unsigned char>(byte);
  }
  put(block, 148, fmt::format("{:06o}", sum));
  block[154] = '\0';
  return block;
}

/// "LENGTH key=value\n", whose length counts its own digits.
std::string pax_record(std::string_view key, std::string_view value) {
  const size_t body = key.size() + value.size() + 3;
  size_t length = body + 1;
  while (body + std::to_string(length).size() != length) {
    length = body + std::to_string(length).size();
  }
  return fmt::format("{} {}={}\n", length, key, value);
}

}  // namespace

std::string tar_member_header(std::string_view name, uint64_t size) {
  std::string records;
  if (name.size() > kNameBytes && split_name(name) == std::string_view::npos) {
    records += pax_record("path", name);
  }
  if (size > kLargestOctal) {
    records += pax_record("size", std::to_string(size));
  }
  std::string blocks;
  if (!records.empty()) {
    blocks = header_block("./PaxHeaders/member", records.size(), 'x') + records;
    blocks.resize(tar_padded(blocks.size()), '\0');
  }
  return blocks + header_block(name, size, '0');
}

void TarWriter::write(std::string_view bytes) {
  out_.write(bytes.data(), bytes.size());
  bytes_ += bytes.size();
}

void TarWriter::pad() {
  write(std::string(tar_padded(bytes_) - bytes_, '\0'));
}

void TarWriter::add(std::string_view name, std::string_view bytes) {
  write(tar_member_header(name, bytes.size()));
  write(bytes);
  pad();
}

void TarWriter::finish() {
  const uint64_t marked = bytes_ + 2 * kTarBlock;
  const uint64_t whole = (marked + kRecord - 1) / kRecord * kRecord;
  write(std::string(whole - bytes_, '\0'));
}

}  // namespace tpretrain::data
