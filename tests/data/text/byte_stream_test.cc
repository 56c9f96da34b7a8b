#include "data/text/byte_stream.h"

#include <gtest/gtest.h>

#include "tests/base/temporary_folder.h"
#include "tests/data/text/compressed.h"
#include "tpretrain/base/error.h"

namespace tpretrain::text {
namespace {

using testing::gzipped;
using testing::zstandard;

std::string sample_text() {
  std::string text;
  for (int i = 0; i < 60'000; ++i) {
    text += "line " + std::to_string(i * 7919 % 10007) + "\n";
  }
  return text;
}

class ByteStreamTest : public ::testing::Test {
 protected:
  std::string read(const std::string& name, const std::string& bytes, size_t step = 10'000) {
    RawBytes raw(folder_.write(name, bytes).string());
    const auto stream = open_stream(raw);
    std::string out;
    std::string block(step, '\0');
    for (size_t count = 0; (count = stream->read(block.data(), step)) > 0;) {
      out.append(block, 0, count);
    }
    raw_bytes_ = raw.bytes();
    hash_ = raw.hash();
    return out;
  }

  TemporaryFolder folder_;
  int64_t raw_bytes_ = 0;
  std::string hash_;
};

TEST_F(ByteStreamTest, AllFormsGiveTheSameTextAndHashTheStoredBytes) {
  const std::string text = sample_text();
  for (const std::string& stored : {text, gzipped(text), zstandard(text)}) {
    EXPECT_EQ(read("a", stored), text);
    EXPECT_EQ(raw_bytes_, static_cast<int64_t>(stored.size()));
    EXPECT_EQ(hash_, xxh3_hex(stored.data(), stored.size()));
  }
}

TEST_F(ByteStreamTest, SmallReadsLoseNothing) {
  const std::string text = sample_text().substr(0, 5000);
  EXPECT_EQ(read("a", gzipped(text), 3), text);
  EXPECT_EQ(read("b", zstandard(text), 3), text);
}

TEST_F(ByteStreamTest, ConcatenatedArchivesAreOneText) {
  EXPECT_EQ(read("a.gz", gzipped("one\n") + gzipped("two\n")), "one\ntwo\n");
  EXPECT_EQ(read("a.zst", zstandard("one\n") + zstandard("two\n")), "one\ntwo\n");
}

TEST_F(ByteStreamTest, TruncatedAndDamagedArchivesAreRefused) {
  const std::string gz = gzipped(sample_text());
  const std::string zst = zstandard(sample_text());
  EXPECT_THROW(read("a.gz", gz.substr(0, gz.size() - 5)), DataError);
  EXPECT_THROW(read("a.zst", zst.substr(0, zst.size() - 5)), DataError);
  std::string flipped = gz;
  flipped[gz.size() / 2] ^= 0x55;
  EXPECT_THROW(read("b.gz", flipped), DataError);
  EXPECT_THROW(read("c.gz", "no archive"), DataError);
}

TEST_F(ByteStreamTest, EmptyFilesAreEmptyText) {
  EXPECT_EQ(read("a", ""), "");
  EXPECT_EQ(read("a.gz", gzipped("")), "");
}

TEST_F(ByteStreamTest, AFileThatGrowsWhileItIsReadIsRefused) {
  const auto path = folder_.write("a", "text\n");
  RawBytes raw(path.string());
  raw.check_unchanged();
  folder_.write("a", "text and more\n");
  EXPECT_THROW(raw.check_unchanged(), DataError);
}

TEST_F(ByteStreamTest, AMissingFileIsNamed) {
  EXPECT_THROW(RawBytes("/nonexistent/a.txt"), NotFoundError);
}

}  // namespace
}  // namespace tpretrain::text
