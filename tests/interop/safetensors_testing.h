/// Files made by hand, for the tests of this folder.
#pragma once

#include <cstring>
#include <span>
#include <string>

#include "tpretrain/interop/safetensors.h"

namespace tpretrain::testing {

/// Length field, header and data, as they stand in a file.
inline std::string file_bytes(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const uint64_t size = header.size();
  for (size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(size >> (8 * i) & 0xff);
  }
  return bytes + header + data;
}

inline std::span<const std::byte> span_of(const std::string& bytes) {
  return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class StringFile : public OutputFile {
 public:
  void write(const void* data, size_t size) override {
    bytes.append(static_cast<const char*>(data), size);
  }

  void sync() override {}

  void close() override {}

  std::string bytes;
};

}  // namespace tpretrain::testing
