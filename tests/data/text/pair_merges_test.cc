#include "data/text/pair_merges.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace tpretrain::text {
namespace {

using Words = PairMerges::Words;

/// Counts every pair anew before each merge.
class NaiveMerges {
 public:
  explicit NaiveMerges(const Words& words) {
    for (const auto& [text, count] : words) {
      std::vector<std::string> pieces;
      for (const char c : text) {
        pieces.push_back((pieces.empty() ? "" : "##") + std::string(1, c));
      }
      words_.emplace_back(pieces, count);
    }
  }

  std::string next(int64_t min_frequency) {
    std::map<std::pair<std::string, std::string>, int64_t> pairs;
    for (const auto& [pieces, count] : words_) {
      for (size_t i = 0; i + 1 < pieces.size(); ++i) {
        pairs[{pieces[i], pieces[i + 1]}] += count;
      }
    }
    auto best = pairs.end();
    for (auto pair = pairs.begin(); pair != pairs.end(); ++pair) {
      if (best == pairs.end() || pair->second > best->second) {
        best = pair;
      }
    }
    if (best == pairs.end() || best->second < min_frequency) {
      return {};
    }
    const auto [left, right] = best->first;
    const std::string merged = left + right.substr(2);
    for (auto& [pieces, count] : words_) {
      std::vector<std::string> out;
      for (size_t i = 0; i < pieces.size(); ++i) {
        const bool here = i + 1 < pieces.size() && pieces[i] == left && pieces[i + 1] == right;
        out.push_back(here ? merged : pieces[i]);
        i += here ? 1 : 0;
      }
      pieces = out;
    }
    return merged;
  }

 private:
  std::vector<std::pair<std::vector<std::string>, int64_t>> words_;
};

TEST(PairMerges, IncrementalCountsEqualCountingAnew) {
  std::mt19937 random(11);
  for (int round = 0; round < 30; ++round) {
    std::map<std::string, int64_t> counts;
    for (int i = 0; i < 60; ++i) {
      std::string word(1 + random() % 9, 'a');
      for (char& c : word) {
        c = static_cast<char>('a' + random() % 3);
      }
      counts[word] += 1 + static_cast<int64_t>(random() % 5);
    }
    const Words words(counts.begin(), counts.end());
    PairMerges fast(words, 0);
    NaiveMerges naive(words);
    for (int merge = 0; merge < 80; ++merge) {
      const std::string expected = naive.next(2);
      ASSERT_EQ(fast.next(2), expected) << "round " << round << " merge " << merge;
      if (expected.empty()) {
        break;
      }
    }
  }
}

TEST(PairMerges, EqualCountsAreDecidedByText) {
  PairMerges merges({{"ab", 2}, {"cd", 2}, {"xy", 5}}, 0);
  EXPECT_EQ(merges.next(1), "xy");
  EXPECT_EQ(merges.next(1), "ab");
  EXPECT_EQ(merges.next(1), "cd");
  EXPECT_EQ(merges.next(1), "");
}

TEST(PairMerges, StopsBelowTheFrequency) {
  PairMerges merges({{"ab", 3}, {"cd", 2}}, 0);
  EXPECT_EQ(merges.next(3), "ab");
  EXPECT_EQ(merges.next(3), "");
}

TEST(PairMerges, TheAlphabetKeepsTheMostFrequentCharacters) {
  const Words words = {{"aab", 5}, {"ac", 4}, {"c", 1}, {"\u4e2d", 9}};
  PairMerges merges(words, 3);  // a: 14, U+4E2D: 9, b and c: 5
  EXPECT_EQ(merges.alphabet(), (std::vector<std::string>{"##a", "##b", "a", "\u4e2d"}));
  EXPECT_EQ(merges.next(1), "##ab");
}

}  // namespace
}  // namespace tpretrain::text
