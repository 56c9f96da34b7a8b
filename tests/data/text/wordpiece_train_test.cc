#include <gtest/gtest.h>

#include "tests/base/temporary_folder.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/data/wordpiece.h"

namespace tpretrain {
namespace {

class WordPieceTrainTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string text;
    for (int i = 0; i < 2000; ++i) {
      text += "Readers read the letters; writer number " + std::to_string(i % 83) +
              " writes \u4e2d\u6587 letters.\n";
    }
    corpus_.files = {folder_.write("corpus.txt", text).string()};
    options_.size = 120;
  }

  std::string train() {
    const auto vocab = folder_.path() / "out" / "vocab.txt";
    report_ = train_wordpiece(options_, corpus_, vocab);
    return read_file(vocab);
  }

  TemporaryFolder folder_;
  CorpusOptions corpus_;
  WordPieceTrainOptions options_;
  WordPieceTrainReport report_;
};

TEST_F(WordPieceTrainTest, BeginsWithTheSpecialTokensAndHasTheSizeAskedFor) {
  const auto pieces = split(std::string(trim(train())), '\n');
  ASSERT_EQ(pieces.size(), 120U);
  EXPECT_EQ((std::vector<std::string>(pieces.begin(), pieces.begin() + 5)),
            (std::vector<std::string>{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}));
  EXPECT_EQ(report_.pieces, 120);
}

TEST_F(WordPieceTrainTest, TheVocabularyCoversItsCorpus) {
  train();
  WordPieceConfig config;
  config.vocab = (folder_.path() / "out" / "vocab.txt").string();
  config.size = 120;
  const auto tokenizer = load_wordpiece(config);
  std::vector<int32_t> ids;
  tokenizer->encode("readers read the letters 83", ids);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), *tokenizer->special().unk), 0);
  EXPECT_EQ(tokenizer->decode(ids), "readers read the letters 83");
  EXPECT_LT(ids.size(), 8U);
}

TEST_F(WordPieceTrainTest, SameBytesForAnyThreadsAndChunks) {
  const std::string expected = train();
  for (const int threads : {1, 3}) {
    options_.threads = threads;
    corpus_.chunk = 777;
    EXPECT_EQ(train(), expected);
  }
}

TEST_F(WordPieceTrainTest, CaseIsKeptByOption) {
  options_.lowercase = false;
  EXPECT_NE(train().find("\nR\n"), std::string::npos);
  options_.lowercase = true;
  EXPECT_EQ(train().find("\nR\n"), std::string::npos);
}

TEST_F(WordPieceTrainTest, RefusesWhatCannotGiveAVocabulary) {
  options_.size = 20;
  EXPECT_THROW(train(), ConfigError);
  options_.size = 120;
  options_.special = {"[PAD]"};
  EXPECT_THROW(train(), ConfigError);
  options_ = {};
  corpus_.files = {folder_.write("empty", " \n\n").string()};
  EXPECT_THROW(train(), DataError);
}

}  // namespace
}  // namespace tpretrain
