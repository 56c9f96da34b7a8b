#include "tpretrain/data/corpus.h"

#include <gtest/gtest.h>

#include "tests/base/temporary_folder.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

TEST(CorpusFiles, WildcardsAreExpandedInOrder) {
  const TemporaryFolder folder;
  const std::string b = folder.write("b.txt", "").string();
  const std::string a = folder.write("a.txt", "").string();
  folder.write("c.md", "");
  const std::string pattern = (folder.path() / "*.txt").string();
  EXPECT_EQ(expand_corpus_files({pattern}), (std::vector<std::string>{a, b}));
  EXPECT_EQ(expand_corpus_files({"-", b}), (std::vector<std::string>{"-", b}));
}

TEST(CorpusFiles, AFileWhoseNameLooksLikeAPatternIsTakenAsItIs) {
  const TemporaryFolder folder;
  const std::string odd = folder.write("a[1].txt", "").string();
  EXPECT_EQ(expand_corpus_files({odd}), (std::vector<std::string>{odd}));
}

TEST(CorpusFiles, WhatCannotBeReadIsNamed) {
  const TemporaryFolder folder;
  const auto refusal = [](const std::vector<std::string>& files) {
    try {
      expand_corpus_files(files);
    } catch (const NotFoundError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_NE(refusal({(folder.path() / "*.txt").string()}).find("no file matches"),
            std::string::npos);
  EXPECT_NE(refusal({(folder.path() / "x.txt").string()}).find("no such file"), std::string::npos);
  EXPECT_NE(refusal({folder.path().string()}).find("is a directory"), std::string::npos);
  EXPECT_NE(refusal({}).find("no text file is named"), std::string::npos);
}

TEST(CorpusCounts, MergingKeepsTheFirstPlacesInOrder) {
  CorpusCounts left;
  CorpusCounts right;
  for (int64_t i = 0; i < 7; ++i) {
    left.drop(DropReason::kLongLine).add({0, i});
    right.drop(DropReason::kLongLine).add({1, i}, 2);
  }
  left.merge(right);
  const DropCount& drop = left.drop(DropReason::kLongLine);
  EXPECT_EQ(drop.count, 21);
  ASSERT_EQ(drop.places.size(), DropCount::kPlaces);
  EXPECT_EQ(drop.places[6].file, 0);
  EXPECT_EQ(drop.places[7].file, 1);
  EXPECT_EQ(drop.places[9].offset, 2);
}

TEST(CorpusOptions, KeysOfARecipeReadBack) {
  CorpusOptions options;
  Faults faults;
  read_struct(
      options,
      parse_yaml("{format: jsonl, key: body, line_ends_sentence: false, invalid_utf8: drop, "
                 "long_line: error, max_line: 1000}",
                 "test"),
      "text", faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(options.format, TextFormat::kJsonl);
  EXPECT_EQ(options.key, "body");
  EXPECT_EQ(options.line_ends_sentence, false);
  EXPECT_EQ(options.invalid_utf8, InvalidUtf8::kDrop);
  EXPECT_EQ(options.long_line, BadText::kError);
  EXPECT_EQ(options.max_line, 1000);
}

}  // namespace
}  // namespace tpretrain
