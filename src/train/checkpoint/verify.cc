#include "train/checkpoint/verify.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"

namespace tpretrain {
namespace {

struct Chunk {
  const CheckpointFile* file;
  size_t index;

  uint64_t offset() const { return index * kCheckpointChunk; }

  size_t size() const {
    return static_cast<size_t>(std::min(kCheckpointChunk, file->bytes - offset()));
  }
};

std::string chunk_reason(const CheckpointFile& file, size_t index) {
  return fmt::format("file '{}', chunk {} (bytes from {}) does not match its checksum", file.name,
                     index, index * kCheckpointChunk);
}

/// Reads chunks on several threads. Reports the first bad one in order, whichever is found first.
class ChunkCheck {
 public:
  ChunkCheck(FileSystem& file_system, const fs::path& directory, std::vector<Chunk> chunks)
      : file_system_(file_system), directory_(directory), chunks_(std::move(chunks)) {}

  void run(int threads) {
    std::vector<std::thread> helpers;
    try {
      for (int i = 1; i < threads; ++i) {
        helpers.emplace_back([this] { work(); });
      }
    } catch (const std::system_error&) {  // no more threads to be had: those that run will do
    }
    work();
    for (auto& helper : helpers) {
      helper.join();
    }
    if (!reason_.empty()) {
      throw CheckpointError(reason_);
    }
  }

 private:
  void work() {
    std::vector<char> buffer;
    // Chunks are taken in order, so all before the first bad one are always read.
    for (size_t i = next_++; i < std::min(chunks_.size(), first_bad_.load()); i = next_++) {
      const std::string reason = check(chunks_[i], buffer);
      if (!reason.empty()) {
        const std::lock_guard lock(mutex_);
        if (i < first_bad_) {
          first_bad_ = i;
          reason_ = reason;
        }
      }
    }
  }

  std::string check(const Chunk& chunk, std::vector<char>& buffer) {
    buffer.resize(std::max(buffer.size(), chunk.size()));
    try {
      file_system_.read(directory_ / chunk.file->name, chunk.offset(), buffer.data(), chunk.size());
    } catch (const std::exception& error) {
      return error.what();
    }
    return crc32c(buffer.data(), chunk.size()) == chunk.file->chunks[chunk.index]
               ? std::string()
               : chunk_reason(*chunk.file, chunk.index);
  }

  FileSystem& file_system_;
  const fs::path& directory_;
  std::vector<Chunk> chunks_;
  std::atomic<size_t> next_{0};
  std::atomic<size_t> first_bad_{std::numeric_limits<size_t>::max()};
  std::mutex mutex_;
  std::string reason_;
};

void check_size(FileSystem& file_system, const fs::path& directory, const CheckpointFile& file) {
  const fs::path path = directory / file.name;
  if (!file_system.exists(path)) {
    throw CheckpointError(fmt::format("file '{}' is missing", file.name));
  }
  const uint64_t size = file_system.size(path);
  if (size != file.bytes) {
    throw CheckpointError(fmt::format("file '{}' must have {} bytes, but has {} instead", file.name,
                                      file.bytes, size));
  }
}

void check_hash(FileSystem& file_system, const fs::path& directory, const CheckpointFile& file) {
  std::vector<char> buffer(kCheckpointChunk);
  Xxh3 hash;
  for (uint64_t offset = 0; offset < file.bytes; offset += kCheckpointChunk) {
    const auto size = static_cast<size_t>(std::min(kCheckpointChunk, file.bytes - offset));
    file_system.read(directory / file.name, offset, buffer.data(), size);
    hash.update(buffer.data(), size);
  }
  if (hash.hex() != file.xxh3) {
    throw CheckpointError(fmt::format("file '{}' does not match its XXH3-128", file.name));
  }
}

int thread_count(int requested, size_t chunks) {
  const auto processors = static_cast<int>(std::thread::hardware_concurrency());
  const int wanted = requested > 0 ? requested : std::clamp(processors, 1, 16);
  return static_cast<int>(std::min<size_t>(static_cast<size_t>(wanted), chunks / 4 + 1));
}

}  // namespace

void verify_files(FileSystem& file_system, const Checkpoint& checkpoint, CheckDepth depth,
                  int threads) {
  std::vector<Chunk> chunks;
  for (const auto& file : checkpoint.manifest.files) {
    check_size(file_system, checkpoint.directory, file);
    for (size_t i = 0; i < file.chunks.size(); ++i) {
      chunks.push_back({&file, i});
    }
  }
  if (depth == CheckDepth::kSizes) {
    return;
  }
  const int count = thread_count(threads, chunks.size());
  ChunkCheck(file_system, checkpoint.directory, std::move(chunks)).run(count);
  if (depth == CheckDepth::kDeep) {
    for (const auto& file : checkpoint.manifest.files) {
      check_hash(file_system, checkpoint.directory, file);
    }
  }
}

struct ChunkGuard::State {
  State(const CheckpointFile& description, const std::byte* bytes)
      : file(description), data(bytes), checked(description.chunks.size()) {}

  CheckpointFile file;
  const std::byte* data;
  std::vector<std::atomic<bool>> checked;
};

ChunkGuard::ChunkGuard(const CheckpointFile& file, const std::byte* data, uint64_t size)
    : state_(std::make_unique<State>(file, data)) {
  if (size != file.bytes) {
    throw CheckpointError(fmt::format("file '{}' must have {} bytes, but has {} instead", file.name,
                                      file.bytes, size));
  }
}

ChunkGuard::~ChunkGuard() = default;

void ChunkGuard::check(uint64_t offset, uint64_t size) {
  const CheckpointFile& file = state_->file;
  TP_ASSERT(offset <= file.bytes && size <= file.bytes - offset);
  const uint64_t end = (offset + size + kCheckpointChunk - 1) / kCheckpointChunk;
  for (uint64_t i = offset / kCheckpointChunk; size > 0 && i < end; ++i) {
    if (state_->checked[i].load(std::memory_order_relaxed)) {
      continue;
    }
    const Chunk chunk{&file, i};
    if (crc32c(state_->data + chunk.offset(), chunk.size()) != file.chunks[i]) {
      throw CheckpointError(chunk_reason(file, i));
    }
    state_->checked[i].store(true, std::memory_order_relaxed);
  }
}

}  // namespace tpretrain
