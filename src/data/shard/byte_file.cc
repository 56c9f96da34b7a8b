#include "data/shard/byte_file.h"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "base/posix_file.h"

namespace tpretrain::data {

namespace {

constexpr size_t kOpenFiles = 256;

/// Errors of open(2) that lie in the file or its name. Any other one is of the machine: the next
/// try may go well.
bool is_fault_of_file(int error) {
  return error == EACCES || error == EPERM || error == ELOOP || error == ENAMETOOLONG ||
         error == ENXIO || error == EINVAL;
}

}  // namespace

DiskFile::DiskFile(const std::filesystem::path& path) : name_(path.string()) {
  // Without O_NONBLOCK a pipe is waited for until something writes to it.
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) {
      throw NotFoundError(name_ + ": no such file");
    }
    if (!is_fault_of_file(error)) {
      throw_io(path, "cannot be opened", error);
    }
    throw UnreadableFileError(fmt::format("{}: cannot be opened: {}", name_, std::strerror(error)));
  }

  struct stat status {};

  if (::fstat(descriptor.get(), &status) != 0) {
    throw_io(path, "cannot be examined", errno);
  }
  if (!S_ISREG(status.st_mode)) {
    throw UnreadableFileError(name_ + ": is not a regular file");
  }
  size_ = static_cast<uint64_t>(status.st_size);
  changed_ = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  descriptor_ = descriptor.release();
}

DiskFile::~DiskFile() {
  ::close(descriptor_);
}

void DiskFile::read(uint64_t offset, void* out, size_t size) const {
  read_exactly(descriptor_, name_, offset, out, size, &::pread);
}

std::shared_ptr<const ByteFile> OpenFiles::open(size_t index, const std::string& name,
                                                uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (files_[index] == nullptr) {
    if (opened_.size() >= kOpenFiles) {
      files_[opened_.front()].reset();
      opened_.pop_front();
    }
    auto file = std::make_shared<DiskFile>(name);
    if (file->size() != size) {
      throw IoError(name + ": was changed while it is in use");
    }
    files_[index] = std::move(file);
    opened_.push_back(index);
  }
  return files_[index];
}

}  // namespace tpretrain::data
