#include "tpretrain/core/masking.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

namespace tpretrain {
namespace {

/// 100 ids; 0-4 are [PAD] [UNK] [CLS] [SEP] [MASK]; odd ids from 11 on continue a word.
class Vocabulary : public Tokenizer {
 public:
  Vocabulary() : special_{2, 3, 4, 0, 1} {}

  void encode(std::string_view, std::vector<int32_t>&) const override {}

  std::string decode(std::span<const int32_t>) const override { return {}; }

  int64_t size() const override { return 100; }

  std::string piece(int32_t) const override { return {}; }

  bool continues_word(int32_t id) const override { return id > 10 && id % 2 == 1; }

  const SpecialIds& special() const override { return special_; }

  std::string hash() const override { return {}; }

  std::string source() const override { return "words.txt"; }

  SpecialIds special_;
};

struct Masked {
  std::vector<int32_t> ids;
  std::vector<int32_t> rows;
  std::vector<int32_t> labels;
};

Masked mask(const MaskConfig& config, std::vector<int32_t> ids, uint64_t ordinal,
            int64_t length = 128) {
  const Vocabulary vocabulary;
  Masked masked{std::move(ids), {}, {}};
  CounterRng rng(9, ordinal);
  TokenMasker(config, vocabulary, length).apply(masked.ids, rng, masked.rows, masked.labels);
  return masked;
}

std::vector<int32_t> sentence(int32_t words, int32_t pieces) {
  std::vector<int32_t> ids = {2};
  for (int32_t w = 0; w < words; ++w) {
    ids.push_back(10 + 2 * w);
    for (int32_t p = 1; p < pieces; ++p) {
      ids.push_back(11 + 2 * w);
    }
  }
  ids.push_back(3);
  return ids;
}

TEST(TokenMasker, ChoosesTheRoundedShareAtLeastOneAtMostMax) {
  EXPECT_EQ(mask({}, sentence(18, 1), 0).rows.size(), 3U);  // 20 tokens x 0.15
  EXPECT_EQ(mask({}, sentence(15, 1), 0).rows.size(), 3U);  // 17 tokens: 2.55
  EXPECT_EQ(mask({}, sentence(14, 1), 0).rows.size(), 2U);  // 16 tokens: 2.4
  EXPECT_EQ(mask({}, sentence(1, 1), 0).rows.size(), 1U);
  MaskConfig limited;
  limited.max = 2;
  EXPECT_EQ(mask(limited, sentence(30, 1), 0).rows.size(), 2U);
  EXPECT_EQ(mask({}, sentence(40, 1), 0, /*length=*/20).rows.size(), 3U) << "0.15 x length";
}

TEST(TokenMasker, ChoosesNothingWithoutCandidates) {
  EXPECT_TRUE(mask({}, {2, 3, 1, 4, 0}, 0).rows.empty());
  EXPECT_TRUE(mask({}, {}, 0).rows.empty());
}

TEST(TokenMasker, LabelsAreTheHiddenTokens) {
  const auto ids = sentence(40, 1);
  for (uint64_t ordinal = 0; ordinal < 200; ++ordinal) {
    const Masked masked = mask({}, ids, ordinal);
    std::vector<int32_t> restored = masked.ids;
    for (size_t i = 0; i < masked.rows.size(); ++i) {
      EXPECT_EQ(ids[static_cast<size_t>(masked.rows[i])], masked.labels[i]);
      restored[static_cast<size_t>(masked.rows[i])] = masked.labels[i];
      EXPECT_GT(masked.labels[i], 4);
    }
    EXPECT_EQ(restored, ids) << "nothing else changes";
    EXPECT_TRUE(std::adjacent_find(masked.rows.begin(), masked.rows.end(),
                                   std::greater_equal<>()) == masked.rows.end());
  }
}

TEST(TokenMasker, EveryTokenIsChosenEquallyOften) {
  const auto ids = sentence(20, 1);
  std::map<int32_t, int> chosen;
  for (uint64_t ordinal = 0; ordinal < 4000; ++ordinal) {
    for (const int32_t row : mask({}, ids, ordinal).rows) {
      ++chosen[row];
    }
  }
  EXPECT_EQ(chosen.size(), 20U);
  for (const auto& [row, count] : chosen) {
    EXPECT_NEAR(count, 4000 * 3 / 20, 110) << row;
  }
}

TEST(TokenMasker, HidesInTheStatedWays) {
  const auto ids = sentence(40, 1);
  std::map<std::string, int> ways;
  std::set<int32_t> drawn;
  int total = 0;
  for (uint64_t ordinal = 0; ordinal < 4000; ++ordinal) {
    const Masked masked = mask({}, ids, ordinal);
    for (size_t i = 0; i < masked.rows.size(); ++i) {
      const int32_t shown = masked.ids[static_cast<size_t>(masked.rows[i])];
      ++total;
      ++ways[shown == 4 ? "mask" : shown == masked.labels[i] ? "keep" : "random"];
      if (shown != 4 && shown != masked.labels[i]) {
        drawn.insert(shown);
      }
    }
  }
  EXPECT_NEAR(ways["mask"], 0.8 * total, 0.01 * total);
  EXPECT_NEAR(ways["keep"], 0.1 * total, 0.01 * total);
  EXPECT_NEAR(ways["random"], 0.1 * total, 0.01 * total);
  EXPECT_EQ(drawn.size(), 95U) << "all ordinary tokens, no special one";
  EXPECT_EQ(*drawn.begin(), 5);
}

TEST(TokenMasker, ShareOfOneLeavesNoOtherWay) {
  MaskConfig config;
  config.keep = 1;
  config.random = 0;
  const auto ids = sentence(40, 1);
  EXPECT_EQ(mask(config, ids, 1).ids, ids);
  config.keep = 0;
  const Masked masked = mask(config, ids, 1);
  for (const int32_t row : masked.rows) {
    EXPECT_EQ(masked.ids[static_cast<size_t>(row)], 4);
  }
}

TEST(TokenMasker, WholeWordsAreChosenTogether) {
  MaskConfig config;
  config.unit = MaskConfig::Unit::kWord;
  const auto ids = sentence(12, 3);  // 38 tokens: 5.7 rounds to 6, two words of 3
  std::set<int32_t> words;
  for (uint64_t ordinal = 0; ordinal < 300; ++ordinal) {
    const Masked masked = mask(config, ids, ordinal);
    ASSERT_EQ(masked.rows.size(), 6U);
    for (size_t i = 0; i < 6; i += 3) {
      EXPECT_EQ(masked.rows[i] % 3, 1);
      EXPECT_EQ(masked.rows[i + 1], masked.rows[i] + 1);
      EXPECT_EQ(masked.rows[i + 2], masked.rows[i] + 2);
      words.insert(masked.rows[i]);
    }
  }
  EXPECT_EQ(words.size(), 12U);
}

TEST(TokenMasker, AWordThatWouldExceedTheNumberIsPassedOver) {
  MaskConfig config;
  config.unit = MaskConfig::Unit::kWord;
  config.max = 2;
  // One word of three pieces, two of one piece.
  const std::vector<int32_t> ids = {2, 10, 11, 13, 20, 22, 3};
  config.rate = 1;
  for (uint64_t ordinal = 0; ordinal < 50; ++ordinal) {
    EXPECT_EQ(mask(config, ids, ordinal).rows, (std::vector<int32_t>{4, 5}));
  }
}

TEST(TokenMasker, AWordDoesNotReachOverASpecialToken) {
  MaskConfig config;
  config.unit = MaskConfig::Unit::kWord;
  config.max = 1;
  config.rate = 1;
  // 11 and 13 continue a word, but each stands behind a special token: groups of one.
  std::set<int32_t> rows;
  for (uint64_t ordinal = 0; ordinal < 50; ++ordinal) {
    for (const int32_t row : mask(config, {2, 11, 3, 13, 3}, ordinal).rows) {
      rows.insert(row);
    }
  }
  EXPECT_EQ(rows, (std::set<int32_t>{1, 3}));
}

TEST(TokenMasker, IsAFunctionOfTheDraws) {
  const auto ids = sentence(40, 2);
  EXPECT_EQ(mask({}, ids, 3).ids, mask({}, ids, 3).ids);
  EXPECT_NE(mask({}, ids, 3).rows, mask({}, ids, 4).rows);
}

TEST(TokenMasker, NamesTheVocabularyWithoutAMask) {
  Vocabulary vocabulary;
  vocabulary.special_.mask.reset();
  try {
    TokenMasker({}, vocabulary, 128);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("vocabulary words.txt has no [MASK]"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace tpretrain
