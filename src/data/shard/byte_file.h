/// Bytes at any place of a file, as the readers of shards and tables see it. Torch-free.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "tpretrain/base/error.h"

namespace tpretrain::data {

class ByteFile {
 public:
  virtual ~ByteFile() = default;
  virtual uint64_t size() const = 0;
  /// Exactly `size` bytes at `offset`. Thread-safe. Errors: IoError, past the end too.
  virtual void read(uint64_t offset, void* out, size_t size) const = 0;
  /// For messages.
  virtual const std::string& name() const = 0;

  std::string bytes(uint64_t offset, size_t size) const {
    std::string out(size, '\0');
    read(offset, out.data(), size);
    return out;
  }
};

/// A file kept open and read with pread.
class DiskFile final : public ByteFile {
 public:
  /// Errors: NotFoundError, IoError (no right to read it, not a regular file).
  explicit DiskFile(const std::filesystem::path& path);
  ~DiskFile() override;
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  uint64_t size() const override { return size_; }

  void read(uint64_t offset, void* out, size_t size) const override;

  const std::string& name() const override { return name_; }

  /// Time of the last change, nanoseconds since 1970.
  int64_t changed() const { return changed_; }

 private:
  std::string name_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  int64_t changed_ = 0;
};

/// Bytes that the caller keeps.
class MemoryFile final : public ByteFile {
 public:
  MemoryFile(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  uint64_t size() const override { return bytes_.size(); }

  void read(uint64_t offset, void* out, size_t size) const override {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
      throw IoError(name_ + ": ends before what was asked for");
    }
    if (size != 0) {
      std::memcpy(out, bytes_.data() + offset, size);
    }
  }

  const std::string& name() const override { return name_; }

 private:
  std::string_view bytes_;
  std::string name_;
};

}  // namespace tpretrain::data
