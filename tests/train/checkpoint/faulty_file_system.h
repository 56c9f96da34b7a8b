/// Passes every call on, and makes the n-th call of one kind fail.
#pragma once

#include <memory>
#include <string>

#include "tests/train/checkpoint/memory_file_system.h"
#include "tpretrain/base/error.h"

namespace tpretrain::testing {

enum class FaultKind {
  kCreate,
  kAppend,
  kWrite,
  kShortWrite,  ///< half of the bytes arrive first, as on a full disk
  kSync,
  kClose,
  kRename,
  kRemove,
  kMakeDirectory,
  kSyncDirectory,
  kList,
  kRead,
};

inline constexpr FaultKind kAllFaults[] = {
    FaultKind::kCreate,        FaultKind::kAppend, FaultKind::kWrite,
    FaultKind::kShortWrite,    FaultKind::kSync,   FaultKind::kClose,
    FaultKind::kRename,        FaultKind::kRemove, FaultKind::kMakeDirectory,
    FaultKind::kSyncDirectory, FaultKind::kList,   FaultKind::kRead,
};

class FaultyFileSystem : public FileSystem {
 public:
  explicit FaultyFileSystem(FileSystem& inner) : inner_(inner) {}

  /// `hit` counts from 1. `lasting`: all later calls of the kind fail too.
  void arm(FaultKind kind, int hit, bool lasting = false) {
    kind_ = kind;
    left_ = hit;
    lasting_ = lasting;
    fired_ = false;
    armed_ = true;
  }

  void disarm() { armed_ = false; }

  bool fired() const { return fired_; }

  void touch(FaultKind kind, const fs::path& path) {
    if (!armed_ || kind != kind_ || (fired_ && !lasting_) || --left_ > 0) {
      return;
    }
    fired_ = true;
    throw IoError(path.string() + (kind == FaultKind::kShortWrite ? ": No space left on device"
                                                                  : ": Input/output error"));
  }

  std::unique_ptr<OutputFile> create(const fs::path& path) override {
    touch(FaultKind::kCreate, path);
    return std::make_unique<File>(*this, inner_.create(path), path);
  }

  std::unique_ptr<OutputFile> append(const fs::path& path) override {
    touch(FaultKind::kAppend, path);
    return std::make_unique<File>(*this, inner_.append(path), path);
  }

  void make_directory(const fs::path& path) override {
    touch(FaultKind::kMakeDirectory, path);
    inner_.make_directory(path);
  }

  void rename(const fs::path& from, const fs::path& to) override {
    touch(FaultKind::kRename, from);
    inner_.rename(from, to);
  }

  void remove(const fs::path& path) override {
    touch(FaultKind::kRemove, path);
    inner_.remove(path);
  }

  void sync_directory(const fs::path& path) override {
    touch(FaultKind::kSyncDirectory, path);
    inner_.sync_directory(path);
  }

  std::vector<std::string> list(const fs::path& path) override {
    touch(FaultKind::kList, path);
    return inner_.list(path);
  }

  bool exists(const fs::path& path) override { return inner_.exists(path); }

  uint64_t size(const fs::path& path) override { return inner_.size(path); }

  uint64_t free_bytes(const fs::path& path) override { return inner_.free_bytes(path); }

  void read(const fs::path& path, uint64_t offset, void* out, size_t size) override {
    touch(FaultKind::kRead, path);
    inner_.read(path, offset, out, size);
  }

 private:
  class File : public OutputFile {
   public:
    File(FaultyFileSystem& owner, std::unique_ptr<OutputFile> file, fs::path path)
        : owner_(owner), file_(std::move(file)), path_(std::move(path)) {}

    void write(const void* data, size_t size) override {
      owner_.touch(FaultKind::kWrite, path_);
      try {
        owner_.touch(FaultKind::kShortWrite, path_);
      } catch (...) {
        file_->write(data, size / 2);
        throw;
      }
      file_->write(data, size);
    }

    void sync() override {
      owner_.touch(FaultKind::kSync, path_);
      file_->sync();
    }

    void close() override {
      owner_.touch(FaultKind::kClose, path_);
      file_->close();
    }

   private:
    FaultyFileSystem& owner_;
    std::unique_ptr<OutputFile> file_;
    fs::path path_;
  };

  FileSystem& inner_;
  FaultKind kind_ = FaultKind::kWrite;
  int left_ = 0;
  bool armed_ = false;
  bool lasting_ = false;
  bool fired_ = false;
};

}  // namespace tpretrain::testing
