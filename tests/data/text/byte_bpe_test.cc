#include "data/text/byte_bpe.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace tpretrain::text {
namespace {

using Ids = std::vector<int32_t>;

ByteBpe::Alphabet plain_alphabet() {
  ByteBpe::Alphabet alphabet;
  for (size_t i = 0; i < 256; ++i) {
    alphabet.inner[i] = static_cast<int32_t>(i);
    alphabet.last[i] = static_cast<int32_t>(i + 256);
  }
  return alphabet;
}

/// The definition: join every place of the strongest pair, again and again.
Ids naive(const std::string& word, const std::vector<ByteBpe::Merge>& merges) {
  Ids ids;
  for (const char c : word) {
    ids.push_back(static_cast<unsigned char>(c));
  }
  ids.back() += 256;
  for (;;) {
    size_t best = merges.size();
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      for (size_t rank = 0; rank < best; ++rank) {
        if (merges[rank].left == ids[i] && merges[rank].right == ids[i + 1]) {
          best = rank;
        }
      }
    }
    if (best == merges.size()) {
      return ids;
    }
    Ids joined;
    for (size_t i = 0; i < ids.size(); ++i) {
      const bool here =
          i + 1 < ids.size() && ids[i] == merges[best].left && ids[i + 1] == merges[best].right;
      joined.push_back(here ? merges[best].result : ids[i]);
      i += here ? 1 : 0;
    }
    ids = joined;
  }
}

TEST(ByteBpe, JoinsTheStrongestPairFirst) {
  const ByteBpe bpe(plain_alphabet(), {{'b', 'c' + 256, 600}, {'a', 'b', 601}, {'a', 600, 602}});
  Ids ids = {7};
  bpe.encode("abc", ids);
  EXPECT_EQ(ids, (Ids{7, 602})) << "bc before ab, and appended";
  ids.clear();
  bpe.encode("abcab", ids);
  EXPECT_EQ(ids, (Ids{601, 'c', 'a', 'b' + 256})) << "the last byte is another symbol";
}

TEST(ByteBpe, JoinsFromLeftToRight) {
  const ByteBpe bpe(plain_alphabet(), {{'a', 'a', 600}, {600, 600, 601}});
  for (const size_t size : {6, 60}) {
    Ids ids;
    bpe.encode(std::string(size, 'a'), ids);
    EXPECT_EQ(ids, naive(std::string(size, 'a'), {{'a', 'a', 600}, {600, 600, 601}}));
    EXPECT_EQ(ids.front(), 601);
    EXPECT_EQ(ids.back(), 'a' + 256);
  }
}

TEST(ByteBpe, OfAPairGivenTwiceTheFirstCounts) {
  const ByteBpe bpe(plain_alphabet(), {{'a', 'b', 600}, {'a', 'b', 601}});
  Ids ids;
  bpe.encode("abx", ids);
  EXPECT_EQ(ids, (Ids{600, 'x' + 256}));
}

TEST(ByteBpe, ShortAndLongWordsFollowTheDefinition) {
  std::mt19937 random(3);
  const auto draw = [&random](size_t n) { return static_cast<size_t>(random() % n); };
  for (int round = 0; round < 60; ++round) {
    std::vector<ByteBpe::Merge> merges;
    Ids symbols = {'a', 'b', 'c', 'a' + 256, 'b' + 256, 'c' + 256};
    std::map<std::pair<int32_t, int32_t>, int> seen;
    for (int32_t i = 0; i < 25; ++i) {
      const ByteBpe::Merge merge{symbols[draw(symbols.size())], symbols[draw(symbols.size())],
                                 1000 + i};
      if (seen[{merge.left, merge.right}]++ == 0) {
        merges.push_back(merge);
        symbols.push_back(merge.result);
      }
    }
    const ByteBpe bpe(plain_alphabet(), merges);
    for (const size_t size : {1, 2, 3, 7, 20, 47, 48, 49, 90, 200}) {
      std::string word;
      while (word.size() < size) {
        word.push_back(static_cast<char>('a' + draw(3)));
      }
      Ids ids;
      bpe.encode(word, ids);
      ASSERT_EQ(ids, naive(word, merges)) << word;
    }
  }
}

TEST(ByteBpe, AMegabyteWithoutABlankTakesNoQuadraticTime) {
  const ByteBpe bpe(plain_alphabet(), {{'a', 'a', 600}, {600, 600, 601}, {601, 601, 602}});
  Ids ids;
  bpe.encode(std::string(size_t{1} << 20, 'a'), ids);
  EXPECT_EQ(ids.size(), (size_t{1} << 17) - 1 + 4) << "the end: 601, 600, a, and the last a";
}

TEST(ByteBpe, EmptyWordsGiveNothing) {
  Ids ids;
  ByteBpe(plain_alphabet(), {}).encode("", ids);
  EXPECT_TRUE(ids.empty());
}

TEST(ByteCharacters, AreGpt2s) {
  EXPECT_EQ(byte_character('!'), U'!');
  EXPECT_EQ(byte_character(0), U'\u0100');
  EXPECT_EQ(byte_character(' '), U'\u0120');
  EXPECT_EQ(byte_character(0xAD), U'\u0143');
  EXPECT_EQ(byte_character(0xFF), U'\u00FF');
  std::string bytes;
  EXPECT_TRUE(bytes_of_characters("\xC4\xA0\xC3\xA9!", bytes));
  EXPECT_EQ(bytes, " \xE9!");
  EXPECT_FALSE(bytes_of_characters(" ", bytes)) << "stands for no byte";
  EXPECT_FALSE(bytes_of_characters("\xE4\xB8\xAD", bytes));
}

}  // namespace
}  // namespace tpretrain::text
