/// Bytes at any place of a file, as the readers of shards and tables see it. Torch-free.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// A file that cannot be read whatever the state of the machine: no right to, not a regular file, a
/// name that is too long, links in a circle.
class UnreadableFileError : public IoError {
 public:
  explicit UnreadableFileError(const std::string& message) : IoError(message) {}
};

/// A file kept open and read with pread.
class DiskFile final : public ByteFile {
 public:
  /// Errors: NotFoundError, UnreadableFileError, IoError.
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

/// The open ones of a list of files. Thread-safe.
class OpenFiles {
 public:
  explicit OpenFiles(size_t files) : files_(files) {}

  /// File `index`, whose `name` is opened at the first call and kept; of more than 256 the one
  /// opened first is closed. Errors: as of DiskFile; IoError when it has not `size` bytes.
  std::shared_ptr<const ByteFile> open(size_t index, const std::string& name, uint64_t size);

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<const ByteFile>> files_;  ///< null: not open
  std::deque<size_t> opened_;                           ///< the oldest in front
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
