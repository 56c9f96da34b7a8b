#include "train/checkpoint/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/train/checkpoint/memory_file_system.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"

namespace tpretrain::testing {
namespace {

using ::testing::HasSubstr;

std::string pattern(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>((i * 7 + i / 4096) & 0xff);
  }
  return bytes;
}

CheckpointFile describe(const std::string& name, const std::string& bytes) {
  CheckpointFile file{name, bytes.size(), {}, xxh3_hex(bytes.data(), bytes.size())};
  for (size_t at = 0; at < bytes.size(); at += kCheckpointChunk) {
    const size_t size = std::min<size_t>(kCheckpointChunk, bytes.size() - at);
    file.chunks.push_back(crc32c(bytes.data() + at, size));
  }
  return file;
}

class VerifyFiles : public ::testing::Test {
 protected:
  void add(const std::string& name, size_t size) {
    const std::string bytes = pattern(size);
    disk_.write_new(name, bytes);
    checkpoint_.manifest.files.push_back(describe(name, bytes));
  }

  std::string error(CheckDepth depth, int threads) {
    try {
      verify_files(disk_, checkpoint_, depth, threads);
    } catch (const CheckpointError& error) {
      return error.what();
    }
    return "";
  }

  MemoryFileSystem disk_;
  Checkpoint checkpoint_;
};

TEST_F(VerifyFiles, TheFirstBadChunkIsReportedForAnyNumberOfThreads) {
  add("a", 20 * kCheckpointChunk + 5);
  add("b", 0);
  add("c", kCheckpointChunk);
  for (const int threads : {1, 2, 3, 8}) {
    EXPECT_EQ(error(CheckDepth::kDeep, threads), "");
  }
  disk_.content("a")[17 * kCheckpointChunk] ^= 1;
  disk_.content("a")[20 * kCheckpointChunk + 4] ^= 1;
  disk_.content("c")[0] ^= 1;
  for (int round = 0; round < 3; ++round) {
    for (const int threads : {1, 2, 3, 8}) {
      EXPECT_EQ(error(CheckDepth::kChunks, threads),
                "file 'a', chunk 17 (bytes from 17825792) does not match its checksum");
    }
  }
}

TEST_F(VerifyFiles, TheLastShortChunkCounts) {
  add("a", kCheckpointChunk + 1);
  disk_.content("a").back() ^= 1;
  EXPECT_THAT(error(CheckDepth::kChunks, 1), HasSubstr("chunk 1"));
  EXPECT_EQ(error(CheckDepth::kSizes, 1), "");
}

TEST_F(VerifyFiles, TheDeepCheckFindsWhatTheChunksDoNotSay) {
  add("a", 100);
  checkpoint_.manifest.files[0].xxh3[0] ^= 1;
  EXPECT_EQ(error(CheckDepth::kChunks, 1), "");
  EXPECT_THAT(error(CheckDepth::kDeep, 1), HasSubstr("'a' does not match its XXH3-128"));
}

class ChunkGuardTest : public ::testing::Test {
 protected:
  std::string bytes_ = pattern(3 * kCheckpointChunk + 10);
  CheckpointFile file_ = describe("model.safetensors", bytes_);
  ChunkGuard guard_{file_, reinterpret_cast<const std::byte*>(bytes_.data()), bytes_.size()};
};

TEST_F(ChunkGuardTest, ChecksOnlyTheChunksThatAreTouched) {
  bytes_[kCheckpointChunk + 3] ^= 1;
  EXPECT_NO_THROW(guard_.check(0, kCheckpointChunk));
  EXPECT_NO_THROW(guard_.check(2 * kCheckpointChunk, kCheckpointChunk + 10));
  EXPECT_NO_THROW(guard_.check(kCheckpointChunk + 3, 0));
  EXPECT_THROW(guard_.check(kCheckpointChunk - 1, 2), CheckpointError);
  EXPECT_THROW(guard_.check(0, bytes_.size()), CheckpointError);
}

TEST_F(ChunkGuardTest, AChunkIsCheckedAtFirstTouchAlone) {
  guard_.check(5, 10);
  bytes_[7] ^= 1;
  EXPECT_NO_THROW(guard_.check(0, 10));
}

TEST_F(ChunkGuardTest, ABadChunkStaysBad) {
  bytes_[7] ^= 1;
  EXPECT_THROW(guard_.check(0, 1), CheckpointError);
  EXPECT_THROW(guard_.check(0, 1), CheckpointError);
}

TEST_F(ChunkGuardTest, AFileOfAnotherSizeIsRefused) {
  EXPECT_THROW(ChunkGuard(file_, nullptr, bytes_.size() - 1), CheckpointError);
}

}  // namespace
}  // namespace tpretrain::testing
