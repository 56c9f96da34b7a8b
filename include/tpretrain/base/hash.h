/// Checksums of files: CRC32C per chunk, XXH3-128 per file. Both run at memory speed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tpretrain {

/// CRC32C (Castagnoli) of `size` bytes, continued from `crc` (0 to start). SSE4.2 where present.
uint32_t crc32c(const void* data, size_t size, uint32_t crc = 0);

/// Streaming XXH3-128.
class Xxh3 {
 public:
  Xxh3();
  ~Xxh3();
  Xxh3(const Xxh3&) = delete;
  Xxh3& operator=(const Xxh3&) = delete;
  void update(const void* data, size_t size);
  std::string hex() const;  ///< 32 lower-case hexadecimal digits of what was fed so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string xxh3_hex(const void* data, size_t size);

}  // namespace tpretrain
