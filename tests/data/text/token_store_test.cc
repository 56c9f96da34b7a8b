#include "data/text/token_store.h"

#include <gtest/gtest.h>

#include "tests/base/temporary_folder.h"

namespace tpretrain::text {
namespace {

ChunkTokens chunk_of(const std::string& bin, std::vector<int32_t> lengths,
                     std::vector<int64_t> breaks) {
  ChunkTokens chunk;
  chunk.bin = bin;
  chunk.lengths = std::move(lengths);
  chunk.breaks = std::move(breaks);
  chunk.tokens = static_cast<int64_t>(bin.size()) / 2;
  chunk.counts.bytes = 100;
  chunk.counts.drop(DropReason::kLongLine).add({0, 5});
  return chunk;
}

class TokenStoreTest : public ::testing::Test {
 protected:
  TokenStore open(const std::string& job = "job", bool resume = true) {
    return {FileSystem::posix(), store_, job, resume};
  }

  TemporaryFolder folder_;
  fs::path store_ = folder_.path() / "x.partial";
};

TEST_F(TokenStoreTest, DocumentsMaySpanChunksAndEmptyOnesVanish) {
  TokenStore store = open();
  store.append(chunk_of("aabb", {1, 1}, {0, 1}));
  store.append(chunk_of("cc", {1}, {}));
  store.append(chunk_of("", {}, {0, 0}));
  store.append(chunk_of("dd", {1}, {1}));
  store.finish();
  EXPECT_EQ(store.state().counts.documents, 3);
  EXPECT_EQ(store.state().counts.sentences, 4);
  EXPECT_EQ(store.state().tokens, 4);
  const std::string ends = read_file(store.path(0, 2));
  const int64_t* values = reinterpret_cast<const int64_t*>(ends.data());
  ASSERT_EQ(ends.size(), 24U);
  EXPECT_EQ(std::vector<int64_t>(values, values + 3), (std::vector<int64_t>{1, 3, 4}));
  EXPECT_EQ(store.bin_hash(), xxh3_hex("aabbccdd", 8));
}

TEST_F(TokenStoreTest, GoesOnFromTheLastCommit) {
  {
    TokenStore store = open();
    store.append(chunk_of("aabb", {2}, {1}));
    store.commit();
    store.append(chunk_of("lost", {2}, {1}));
  }
  TokenStore store = open();
  EXPECT_EQ(store.state().chunks, 1);
  EXPECT_EQ(store.state().counts.bytes, 100);
  EXPECT_EQ(store.state().counts.drop(DropReason::kLongLine).places[0].offset, 5);
  store.append(chunk_of("cc", {1}, {0, 1}));  // ends at 0: the document that was committed, again
  store.finish();
  EXPECT_EQ(store.state().counts.documents, 2);
  EXPECT_EQ(store.state().segments.size(), 2U);
  EXPECT_EQ(store.bin_hash(), xxh3_hex("aabbcc", 6));
}

TEST_F(TokenStoreTest, ATornJournalLineCountsAsNotWritten) {
  {
    TokenStore store = open();
    store.append(chunk_of("aa", {1}, {1}));
    store.commit();
    store.append(chunk_of("bb", {1}, {1}));
    store.commit();
  }
  const std::string journal = read_file(store_ / "journal");
  folder_.write("x.partial/journal", journal.substr(0, journal.size() - 9));
  {
    TokenStore store = open();
    EXPECT_EQ(store.state().chunks, 1);
    store.append(chunk_of("cc", {1}, {1}));
    store.commit();
  }
  EXPECT_EQ(open().state().chunks, 2);
  EXPECT_EQ(open().bin_hash(), xxh3_hex("aacc", 4));
}

TEST_F(TokenStoreTest, AnotherJobOrDamagedFilesStartAfresh) {
  const auto prepare = [this] {
    TokenStore store = open("job", false);
    store.append(chunk_of("aa", {1}, {1}));
    store.commit();
  };
  prepare();
  EXPECT_EQ(open("other").state().chunks, 0);
  prepare();
  EXPECT_EQ(open("job", false).state().chunks, 0);
  prepare();
  fs::resize_file(store_ / "s0000.len", 3);
  EXPECT_EQ(open().state().chunks, 0);
  prepare();
  fs::remove(store_ / "s0000.bin");
  EXPECT_EQ(open().state().chunks, 0);
}

TEST_F(TokenStoreTest, StateSurvivesItsLineOfText) {
  TokenStore store = open();
  store.append(chunk_of("aabb", {2}, {1}));
  const auto state = StoreState::parse(store.state().line());
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->line(), store.state().line());
  EXPECT_FALSE(StoreState::parse("{\"chunks\": 1}").has_value());
  EXPECT_FALSE(StoreState::parse("nonsense").has_value());
}

}  // namespace
}  // namespace tpretrain::text
