#include "train/checkpoint/ledger.h"

#include <gtest/gtest.h>

#include "tests/train/checkpoint/memory_file_system.h"
#include "tpretrain/base/hash.h"

namespace tpretrain::testing {
namespace {

const fs::path kPath = "ledger";

TEST(Ledger, TheLastValidLineCounts) {
  MemoryFileSystem disk;
  EXPECT_FALSE(read_ledger(disk, kPath).used);
  append_ledger(disk, kPath, "committed", 10, "a");
  append_ledger(disk, kPath, "committed", 20, "a");
  EXPECT_EQ(read_ledger(disk, kPath).step, 20);
  append_ledger(disk, kPath, "rewound", 10, "b");
  EXPECT_EQ(read_ledger(disk, kPath).step, 10);
}

TEST(Ledger, ALineIsReadableAndCarriesItsChecksum) {
  MemoryFileSystem disk;
  append_ledger(disk, kPath, "committed", 1000, "id");
  const std::string text = "committed step=1000 run=id";
  char crc[16];
  std::snprintf(crc, sizeof(crc), "%08x", crc32c(text.data(), text.size()));
  EXPECT_EQ(disk.content(kPath), text + " crc=" + crc + "\n");
}

TEST(Ledger, AnEmptyLedgerIsUnusedAndAnyByteIsUse) {
  MemoryFileSystem disk;
  disk.append(kPath)->close();
  EXPECT_FALSE(read_ledger(disk, kPath).used);
  disk.content(kPath) = std::string(10, '\0');
  EXPECT_TRUE(read_ledger(disk, kPath).used);
  EXPECT_FALSE(read_ledger(disk, kPath).step);
}

TEST(Ledger, EveryCutOffLineIsPassedOverAndTheNextOneCounts) {
  MemoryFileSystem whole;
  append_ledger(whole, kPath, "committed", 10, "a");
  append_ledger(whole, kPath, "committed", 20, "a");
  const std::string text = whole.content(kPath);
  const size_t first = text.find('\n') + 1;
  for (size_t size = first; size < text.size(); ++size) {
    MemoryFileSystem disk;
    disk.write_new(kPath, text.substr(0, size));
    // Without its newline the last line is complete all the same.
    EXPECT_EQ(read_ledger(disk, kPath).step, size + 1 == text.size() ? 20 : 10) << size;
    append_ledger(disk, kPath, "committed", 30, "a");
    EXPECT_EQ(read_ledger(disk, kPath).step, 30) << size;
  }
}

TEST(Ledger, EveryFlippedByteSpoilsItsLine) {
  MemoryFileSystem disk;
  append_ledger(disk, kPath, "committed", 10, "a");
  std::string& text = disk.content(kPath);
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    text[i] ^= 1;
    EXPECT_FALSE(read_ledger(disk, kPath).step) << i;
    EXPECT_TRUE(read_ledger(disk, kPath).used);
    text[i] ^= 1;
  }
}

TEST(Ledger, AnAppendIsSynced) {
  MemoryFileSystem disk;
  append_ledger(disk, kPath, "committed", 10, "a");
  EXPECT_EQ(disk.trace().back().kind, DiskOp::Kind::kSyncFile);
}

}  // namespace
}  // namespace tpretrain::testing
