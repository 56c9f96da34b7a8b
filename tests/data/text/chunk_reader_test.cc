#include "data/text/chunk_reader.h"

#include <gtest/gtest.h>

#include "tests/base/temporary_folder.h"
#include "tpretrain/base/error.h"

namespace tpretrain::text {
namespace {

class ChunkReaderTest : public ::testing::Test {
 protected:
  void add(const std::string& text) {
    const std::string name = "f" + std::to_string(options_.files.size());
    options_.files.push_back(folder_.write(name, text).string());
  }

  std::vector<Chunk> chunks() {
    ChunkReader reader(options_);
    std::vector<Chunk> out;
    while (auto chunk = reader.next()) {
      out.push_back(std::move(*chunk));
    }
    return out;
  }

  TemporaryFolder folder_;
  CorpusOptions options_;
};

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += std::string(static_cast<size_t>(i % 37), 'x') + "\n";
  }
  return text;
}

TEST_F(ChunkReaderTest, ChunksAreWholeLinesThatMakeUpTheFiles) {
  add(lines(3000));
  add(lines(77) + "no newline");
  for (const int64_t size : {1, 100, 4096, 1 << 20}) {
    options_.chunk = size;
    std::string text[2];
    int64_t next = 0;
    for (const Chunk& chunk : chunks()) {
      EXPECT_EQ(chunk.index, next++);
      EXPECT_EQ(chunk.offset, static_cast<int64_t>(text[chunk.file].size()));
      EXPECT_EQ(chunk.starts_file, chunk.offset == 0);
      EXPECT_TRUE(chunk.ends_file || chunk.text.ends_with('\n'));
      EXPECT_LT(static_cast<int64_t>(chunk.text.size()), size + 40);
      text[chunk.file] += chunk.text;
    }
    EXPECT_EQ(text[0], lines(3000));
    EXPECT_EQ(text[1], lines(77) + "no newline");
  }
}

TEST_F(ChunkReaderTest, TheLastChunkOfEachFileSaysSo) {
  add("a\n");
  add("");
  add("b");
  const auto all = chunks();
  ASSERT_EQ(all.size(), 3U);
  for (const Chunk& chunk : all) {
    EXPECT_TRUE(chunk.ends_file);
    EXPECT_TRUE(chunk.starts_file);
  }
}

TEST_F(ChunkReaderTest, RunningTextIsCutAtBlankLines) {
  add("one\ntwo\n\nthree\nfour\n\nfive\n");
  options_.format = TextFormat::kPlain;
  options_.chunk = 5;
  const auto all = chunks();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].text, "one\ntwo\n\n");
  EXPECT_EQ(all[1].text, "three\nfour\n\n");
  options_.chunk = 1;  // patience ends after four chunk sizes
  EXPECT_EQ(chunks()[0].text, "one\n");
}

TEST_F(ChunkReaderTest, AByteOrderMarkIsDroppedOnceAtTheStart) {
  add("\xEF\xBB\xBF\xEF\xBB\xBFtext\n");
  add("\xEF\xBB");
  const auto all = chunks();
  EXPECT_EQ(all[0].text, "\xEF\xBB\xBFtext\n");
  EXPECT_EQ(all[0].offset, 3);
  EXPECT_EQ(all[1].text, "\xEF\xBB");
}

TEST_F(ChunkReaderTest, LongLinesAreDroppedAndCountedWithTheirOffset) {
  const std::string longest(100, 'k');
  const std::string long_line(101, 'l');
  add("a\n" + longest + "\n" + long_line + "\nb\n" + std::string(70'000, 'm') + "\n" + long_line);
  options_.max_line = 100;
  for (const int64_t size : {1, 50, 1 << 20}) {
    options_.chunk = size;
    std::string text;
    CorpusCounts counts;
    for (const Chunk& chunk : chunks()) {
      text += chunk.text;
      counts.merge(chunk.counts);
    }
    EXPECT_EQ(text, "a\n" + longest + "\nb\n");
    const DropCount& drop = counts.drop(DropReason::kLongLine);
    EXPECT_EQ(drop.count, 3);
    ASSERT_EQ(drop.places.size(), 3U);
    EXPECT_EQ(drop.places[0].offset, 103);
    EXPECT_EQ(drop.places[1].offset, 207);
    EXPECT_EQ(drop.places[2].offset, 70'208);
    EXPECT_EQ(counts.bytes, 70'309);
  }
}

TEST_F(ChunkReaderTest, LongLinesAreAnErrorByOption) {
  add("abc\n" + std::string(200, 'l') + "\n");
  options_.max_line = 100;
  options_.long_line = BadText::kError;
  try {
    chunks();
    FAIL();
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("line at byte 4 must be at most"), std::string::npos);
  }
}

}  // namespace
}  // namespace tpretrain::text
