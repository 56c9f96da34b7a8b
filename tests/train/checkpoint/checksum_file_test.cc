#include "train/checkpoint/checksum_file.h"

#include <gtest/gtest.h>

#include "tests/train/checkpoint/memory_file_system.h"

namespace tpretrain::testing {
namespace {

CheckpointFile write_in_pieces(const std::string& bytes, size_t piece) {
  MemoryFileSystem disk;
  CheckpointFile record;
  ChecksumFile file(disk.create("f"), "f", [&](CheckpointFile closed) { record = closed; });
  for (size_t at = 0; at < bytes.size(); at += piece) {
    file.write(bytes.data() + at, std::min(piece, bytes.size() - at));
  }
  file.close();
  EXPECT_EQ(disk.content("f"), bytes);
  return record;
}

TEST(ChecksumFile, ChunksDoNotDependOnThePiecesWritten) {
  std::string bytes(2 * kCheckpointChunk + 777, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(i * 13 + i / 1000);
  }
  for (const size_t piece :
       {size_t{4095}, size_t{kCheckpointChunk}, size_t{kCheckpointChunk} + 1, bytes.size()}) {
    const CheckpointFile record = write_in_pieces(bytes, piece);
    EXPECT_EQ(record.bytes, bytes.size());
    EXPECT_EQ(record.xxh3, xxh3_hex(bytes.data(), bytes.size()));
    ASSERT_EQ(record.chunks.size(), 3U);
    for (size_t i = 0; i < 3; ++i) {
      const size_t at = i * kCheckpointChunk;
      EXPECT_EQ(record.chunks[i],
                crc32c(bytes.data() + at, std::min<size_t>(kCheckpointChunk, bytes.size() - at)));
    }
  }
}

TEST(ChecksumFile, AnExactMultipleHasNoEmptyChunkAndAnEmptyFileNone) {
  EXPECT_EQ(write_in_pieces(std::string(kCheckpointChunk, 'x'), 1000).chunks.size(), 1U);
  EXPECT_EQ(write_in_pieces("", 1).chunks.size(), 0U);
}

TEST(ChecksumFile, CloseSyncsOnceUnlessSomethingWasWrittenSince) {
  const auto syncs = [](bool sync_before, bool write_after) {
    MemoryFileSystem disk;
    ChecksumFile file(disk.create("f"), "f", [](CheckpointFile) {});
    file.write("a", 1);
    if (sync_before) {
      file.sync();
    }
    if (write_after) {
      file.write("b", 1);
    }
    file.close();
    EXPECT_EQ(disk.trace().back().kind, DiskOp::Kind::kSyncFile) << "nothing unsynced is closed";
    int count = 0;
    for (const auto& op : disk.trace()) {
      count += op.kind == DiskOp::Kind::kSyncFile ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(syncs(false, false), 1);
  EXPECT_EQ(syncs(true, false), 1);
  EXPECT_EQ(syncs(true, true), 2);
}

}  // namespace
}  // namespace tpretrain::testing
