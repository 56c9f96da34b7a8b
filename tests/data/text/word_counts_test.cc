#include "data/text/word_counts.h"

#include <gtest/gtest.h>

#include "tests/base/temporary_folder.h"

namespace tpretrain::text {
namespace {

TEST(WordCounts, CountsNormalisedWordsSortedByText) {
  const TemporaryFolder folder;
  CorpusOptions options;
  options.files = {folder.write("a", "The boat, the BOAT!\n\n\u4e2d\u6587 caf\u00e9\n").string(),
                   folder.write("b", "boat " + std::string(101, 'x')).string()};
  const WordCounts counts = count_words(options, {}, 100, 2, {});
  const std::vector<std::pair<std::string, int64_t>> expected = {
      {"!", 1}, {",", 1}, {"boat", 3}, {"cafe", 1}, {"the", 2}, {"\u4e2d", 1}, {"\u6587", 1}};
  EXPECT_EQ(counts.words, expected);
  EXPECT_EQ(counts.running, 10);
  EXPECT_EQ(counts.corpus.documents, 3);
  EXPECT_EQ(counts.corpus.sentences, 3);
}

TEST(WordCounts, ThreadsAndChunksDoNotMatter) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += "word" + std::to_string(i * i % 97) + " and more\n";
  }
  CorpusOptions options;
  options.files = {folder.write("a", text).string()};
  const WordCounts expected = count_words(options, {}, 100, 1, {});
  for (const int threads : {2, 5}) {
    options.chunk = 500;
    EXPECT_EQ(count_words(options, {}, 100, threads, {}).words, expected.words);
  }
}

}  // namespace
}  // namespace tpretrain::text
