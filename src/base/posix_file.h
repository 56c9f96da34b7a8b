/// Small POSIX pieces shared by the file system and the mapped files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>

#include "tpretrain/base/fs.h"

namespace tpretrain {

/// Closes a descriptor at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}

  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const noexcept { return value_; }

  /// Hands the descriptor to the caller, who closes it.
  int release() noexcept;

 private:
  int value_;
};

/// Throws IoError "<path>: <what>: <errno text>" for the errno value `error`.
[[noreturn]] void throw_io(const fs::path& path, const std::string& what, int error);

using PreadFn = ssize_t (*)(int, void*, size_t, off_t);

/// Reads exactly `size` bytes; `pread_bytes` is pread but for tests. EIO is tried three times with
/// back-off, because network file systems report passing faults so.
void read_exactly(int descriptor, const fs::path& path, uint64_t offset, void* out, size_t size,
                  PreadFn pread_bytes);

}  // namespace tpretrain
