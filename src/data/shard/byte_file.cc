#include "data/shard/byte_file.h"

#include <cerrno>
#include <sys/stat.h>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "base/posix_file.h"

namespace tpretrain::data {

DiskFile::DiskFile(const std::filesystem::path& path) : name_(path.string()) {
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      throw NotFoundError(name_ + ": no such file");
    }
    throw_io(path, "cannot be opened", errno);
  }

  struct stat status {};

  if (::fstat(descriptor.get(), &status) != 0) {
    throw_io(path, "cannot be examined", errno);
  }
  if (!S_ISREG(status.st_mode)) {
    throw IoError(name_ + ": is not a regular file");
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

}  // namespace tpretrain::data
