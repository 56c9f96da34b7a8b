#include "train/checkpoint/checksum_file.h"

#include <algorithm>

namespace tpretrain {

ChecksumFile::ChecksumFile(std::unique_ptr<OutputFile> file, std::string name,
                           std::function<void(CheckpointFile)> on_closed)
    : file_(std::move(file)), on_closed_(std::move(on_closed)) {
  record_.name = std::move(name);
}

void ChecksumFile::write(const void* data, size_t size) {
  const char* bytes = static_cast<const char*>(data);
  synced_ = synced_ && size == 0;
  while (size > 0) {
    if (in_chunk_ == 0) {
      record_.chunks.push_back(0);
    }
    const auto part = static_cast<size_t>(std::min<uint64_t>(size, kCheckpointChunk - in_chunk_));
    file_->write(bytes, part);
    record_.chunks.back() = crc32c(bytes, part, record_.chunks.back());
    hash_.update(bytes, part);
    record_.bytes += part;
    in_chunk_ = (in_chunk_ + part) % kCheckpointChunk;
    bytes += part;
    size -= part;
    if (in_chunk_ == 0) {
      failpoint("checkpoint.chunk_written");
    }
  }
}

void ChecksumFile::sync() {
  failpoint("checkpoint.file_written");
  file_->sync();
  synced_ = true;
  failpoint("checkpoint.file_synced");
}

void ChecksumFile::close() {
  if (!synced_) {
    sync();
  }
  file_->close();
  failpoint("checkpoint.file_closed");
  record_.xxh3 = hash_.hex();
  on_closed_(std::move(record_));
}

}  // namespace tpretrain
