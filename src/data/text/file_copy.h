/// Reading and copying parts of files in constant memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tpretrain/base/fs.h"

namespace tpretrain::text {

/// Calls `on_block(const char*, size_t)` for the first `bytes` bytes of `path`, in order. Blocks
/// other than the last are a multiple of eight bytes.
template <typename OnBlock>
void for_each_block(FileSystem& file_system, const fs::path& path, int64_t bytes,
                    OnBlock&& on_block) {
  constexpr int64_t kBlock = 1 << 20;
  std::vector<char> block(static_cast<size_t>(std::min(bytes, kBlock)));
  for (int64_t at = 0; at < bytes; at += kBlock) {
    const auto size = static_cast<size_t>(std::min(kBlock, bytes - at));
    file_system.read(path, static_cast<uint64_t>(at), block.data(), size);
    on_block(static_cast<const char*>(block.data()), size);
  }
}

}  // namespace tpretrain::text
