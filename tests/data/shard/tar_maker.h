/// Small archives for tests, made in memory.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/shard/tar_header.h"
#include "data/shard/tar_writer.h"

namespace tpretrain::data::testing {

using Members = std::vector<std::pair<std::string, std::string>>;

class MemoryOutput : public OutputFile {
 public:
  void write(const void* data, size_t size) override {
    bytes.append(static_cast<const char*>(data), size);
  }

  void sync() override {}

  void close() override {}

  std::string bytes;
};

/// The members without the end mark.
inline std::string tar_body(const Members& members) {
  MemoryOutput out;
  TarWriter writer(out);
  for (const auto& [name, bytes] : members) {
    writer.add(name, bytes);
  }
  return out.bytes;
}

inline std::string tar_of(const Members& members) {
  MemoryOutput out;
  TarWriter writer(out);
  for (const auto& [name, bytes] : members) {
    writer.add(name, bytes);
  }
  writer.finish();
  return out.bytes;
}

/// Sets bytes of the header block at `at` and makes its checksum fit.
inline void patch_header(std::string& tar, size_t at, size_t offset, std::string_view bytes) {
  tar.replace(at + offset, bytes.size(), bytes);
  tar.replace(at + 148, 8, "        ");
  unsigned sum = 0;
  for (size_t i = 0; i < kTarBlock; ++i) {
    sum += static_cast<unsigned char>(tar[at + i]);
  }
  std::string digits(6, '0');
  for (size_t i = 6; i-- > 0; sum /= 8) {
    digits[i] = static_cast<char>('0' + sum % 8);
  }
  tar.replace(at + 148, 7, digits + std::string(1, '\0'));
}

}  // namespace tpretrain::data::testing
