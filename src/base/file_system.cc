#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "base/posix_file.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

Descriptor::~Descriptor() {
  if (value_ >= 0) {
    ::close(value_);
  }
}

int Descriptor::release() noexcept {
  return std::exchange(value_, -1);
}

void throw_io(const fs::path& path, const std::string& what, int error) {
  throw IoError(fmt::format("{}: {}: {}", path.string(), what, std::strerror(error)));
}

void read_exactly(int descriptor, const fs::path& path, uint64_t offset, void* out, size_t size,
                  PreadFn pread_bytes) {
  constexpr int kTries = 3;
  constexpr std::chrono::milliseconds kFirstPause{20};
  auto* bytes = static_cast<std::byte*>(out);
  size_t done = 0;
  int failures = 0;
  while (done < size) {
    const ssize_t count =
        pread_bytes(descriptor, bytes + done, size - done, static_cast<off_t>(offset + done));
    if (count > 0) {
      done += static_cast<size_t>(count);
    } else if (count == 0) {
      throw IoError(fmt::format("{}: ends at byte {}, but {} bytes at {} were expected",
                                path.string(), offset + done, size, offset));
    } else if (errno == EIO && ++failures < kTries) {
      std::this_thread::sleep_for(kFirstPause * (1 << (2 * failures)));
    } else if (errno != EINTR) {
      throw_io(path, fmt::format("cannot be read at byte {}", offset + done), errno);
    }
  }
}

namespace {

class PosixOutputFile : public OutputFile {
 public:
  PosixOutputFile(fs::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  void write(const void* data, size_t size) override {
    const auto* bytes = static_cast<const std::byte*>(data);
    while (size != 0) {
      const ssize_t count = ::write(descriptor_.get(), bytes, size);
      if (count >= 0) {
        bytes += count;
        size -= static_cast<size_t>(count);
      } else if (errno != EINTR) {
        throw_io(path_, "cannot be written", errno);
      }
    }
  }

  // After a failed fsync the kernel may have dropped the pages: a second one would lie.
  void sync() override {
    if (sync_failed_) {
      throw IoError(fmt::format("{}: an earlier fsync failed", path_.string()));
    }
    if (::fsync(descriptor_.get()) != 0) {
      sync_failed_ = true;
      throw_io(path_, "cannot be synced to disk", errno);
    }
  }

  void close() override {
    if (::close(descriptor_.release()) != 0) {
      throw_io(path_, "cannot be closed", errno);
    }
  }

 private:
  fs::path path_;
  Descriptor descriptor_;
  bool sync_failed_ = false;
};

std::unique_ptr<OutputFile> open_output(const fs::path& path, int flags) {
  constexpr mode_t kMode = 0644;
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, kMode);
  if (descriptor < 0) {
    throw_io(path, "cannot be created", errno);
  }
  return std::make_unique<PosixOutputFile>(path, descriptor);
}

Descriptor open_existing(const fs::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (descriptor < 0) {
    throw_io(path, "cannot be opened", errno);
  }
  return Descriptor(descriptor);
}

class PosixFileSystem : public FileSystem {
 public:
  std::unique_ptr<OutputFile> create(const fs::path& path) override {
    return open_output(path, O_EXCL | O_NOFOLLOW);
  }

  std::unique_ptr<OutputFile> append(const fs::path& path) override {
    return open_output(path, O_APPEND);
  }

  void make_directory(const fs::path& path) override {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) {
      throw_io(path, "the directory cannot be made", error.value());
    }
  }

  void rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      throw_io(from, "cannot be renamed to " + to.string(), errno);
    }
  }

  void remove(const fs::path& path) override {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) {
      throw_io(path, "cannot be removed", error.value());
    }
  }

  void sync_directory(const fs::path& path) override {
    const Descriptor descriptor = open_existing(path, O_DIRECTORY);
    // EINVAL: the file system keeps its directories by other means.
    if (::fsync(descriptor.get()) != 0 && errno != EINVAL) {
      throw_io(path, "the directory cannot be synced to disk", errno);
    }
  }

  std::vector<std::string> list(const fs::path& path) override {
    std::error_code error;
    std::vector<std::string> names;
    fs::directory_iterator at(path, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    if (error) {
      throw_io(path, "the directory cannot be listed", error.value());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  bool exists(const fs::path& path) override {
    std::error_code error;
    const bool found = fs::exists(path, error);
    if (error) {
      throw_io(path, "cannot be examined", error.value());
    }
    return found;
  }

  uint64_t size(const fs::path& path) override {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) {
      throw_io(path, "cannot be examined", errno);
    }
    if (!S_ISREG(status.st_mode)) {
      throw IoError(fmt::format("{}: is not a regular file", path.string()));
    }
    return static_cast<uint64_t>(status.st_size);
  }

  uint64_t free_bytes(const fs::path& path) override {
    struct statvfs status {};

    if (::statvfs(path.c_str(), &status) != 0) {
      throw_io(path, "the free space cannot be read", errno);
    }
    return uint64_t{status.f_bavail} * status.f_frsize;
  }

  void read(const fs::path& path, uint64_t offset, void* out, size_t size) override {
    const Descriptor descriptor = open_existing(path, 0);
    read_exactly(descriptor.get(), path, offset, out, size, &::pread);
  }
};

}  // namespace

std::string FileSystem::read_all(const fs::path& path, uint64_t limit) {
  const uint64_t bytes = size(path);
  if (bytes > limit) {
    throw IoError(fmt::format("{}: has {}, more than the {} allowed here", path.string(),
                              human_bytes(bytes), human_bytes(limit)));
  }
  std::string out(bytes, '\0');
  if (bytes != 0) {
    read(path, 0, out.data(), out.size());
  }
  return out;
}

void FileSystem::write_new(const fs::path& path, std::string_view bytes) {
  const std::unique_ptr<OutputFile> file = create(path);
  file->write(bytes.data(), bytes.size());
  file->sync();
  file->close();
}

void FileSystem::replace(const fs::path& path, std::string_view bytes) {
  AtomicFile file(*this, path);
  file.file().write(bytes.data(), bytes.size());
  file.commit();
}

namespace {

/// Where a path leads. What is no file (a pipe, /dev/null, a folder) must not be replaced by one.
fs::path file_target(const fs::path& path) {
  std::error_code error;
  fs::path target = path;
  if (fs::is_symlink(path, error)) {
    const fs::path followed = fs::weakly_canonical(path, error);
    target = error ? path : followed;
  }
  if (fs::exists(target, error) && !fs::is_regular_file(target, error)) {
    throw OutputError(path.string() + ": is there and is not a regular file");
  }
  return target;
}

}  // namespace

AtomicFile::AtomicFile(FileSystem& file_system, const fs::path& path)
    : file_system_(file_system),
      target_(file_target(path)),
      scratch_(file_target(target_.string() + ".tmp")) {
  file_system_.remove(scratch_);
  file_ = file_system_.create(scratch_);
}

AtomicFile::~AtomicFile() {
  if (committed_) {
    return;
  }
  try {
    file_system_.remove(scratch_);
  } catch (const Error&) {
    // The first error is the one to report; the next file of this name replaces what is left.
  }
}

void AtomicFile::commit() {
  file_->sync();
  file_->close();
  file_system_.rename(scratch_, target_);
  committed_ = true;
}

FileSystem& FileSystem::posix() {
  static PosixFileSystem file_system;
  return file_system;
}

}  // namespace tpretrain
