#include "data/text/wordpiece.h"

#include <gtest/gtest.h>

#include "tests/base/temporary_folder.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using Ids = std::vector<int32_t>;

const char* const kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##aff\n##able\nwant\n##want\n##ed\nrunn\n##ing\n,\n"
    "hello\n##!\n!\n\xE4\xB8\xAD\n\xE6\x96\x87\n##b\na\n(\n)\n";

class WordPieceTest : public ::testing::Test {
 protected:
  std::unique_ptr<Tokenizer> load(const std::string& vocabulary = kVocabulary) {
    config_.vocab = folder_.write("vocab.txt", vocabulary).string();
    return load_wordpiece(config_);
  }

  Ids encode(const std::string& text) {
    Ids ids;
    load()->encode(text, ids);
    return ids;
  }

  template <typename Exception>
  std::string refusal(const std::string& vocabulary) {
    try {
      load(vocabulary);
    } catch (const Exception& error) {
      return error.what();
    }
    return "accepted";
  }

  TemporaryFolder folder_;
  WordPieceConfig config_;
};

TEST_F(WordPieceTest, TakesTheLongestPieceFirst) {
  EXPECT_EQ(encode("unaffable"), (Ids{5, 6, 7}));
  EXPECT_EQ(encode("unwanted running"), (Ids{5, 9, 10, 11, 12}));
}

TEST_F(WordPieceTest, AWordWithoutAFullSegmentationIsOneUnknown) {
  EXPECT_EQ(encode("unwantedX hello"), (Ids{1, 14}));
}

TEST_F(WordPieceTest, AppendsAndAddsNoSpecialTokens) {
  Ids ids = {99};
  load()->encode("hello", ids);
  EXPECT_EQ(ids, (Ids{99, 14}));
}

TEST_F(WordPieceTest, SpecialTokensAreRecognisedVerbatimOnly) {
  EXPECT_EQ(encode("hello[MASK]hello [SEP]"), (Ids{14, 4, 14, 3}));
  EXPECT_EQ(encode("[[CLS]"), (Ids{1, 2}));
  EXPECT_EQ(encode("[mask]"), (Ids{1, 1, 1}));
}

TEST_F(WordPieceTest, WordsBeyondTheLimitAreUnknown) {
  const std::string word = "a" + std::string(99, 'b');
  EXPECT_EQ(encode(word).size(), 100U);
  EXPECT_EQ(encode(word + "b"), (Ids{1}));
  config_.max_word = 3;
  EXPECT_EQ(encode("abb"), (Ids{20, 19, 19}));
  EXPECT_EQ(encode("abbb"), (Ids{1}));
}

TEST_F(WordPieceTest, OptionsChangeTheTextThatIsLookedUp) {
  EXPECT_EQ(encode("HELLO h\xC3\xA9llo"), (Ids{14, 14}));
  config_.strip_accents = false;
  EXPECT_EQ(encode("HELLO h\xC3\xA9llo"), (Ids{14, 1}));
  config_.lowercase = false;
  EXPECT_EQ(encode("HELLO hello"), (Ids{1, 14}));
  EXPECT_EQ(encode("\xE4\xB8\xAD\xE6\x96\x87"), (Ids{17, 18}));
  config_.chinese = false;
  EXPECT_EQ(encode("\xE4\xB8\xAD\xE6\x96\x87"), (Ids{1}));
}

TEST_F(WordPieceTest, OfAPieceWrittenTwiceTheLaterLineCounts) {
  Ids ids;
  load("[UNK]\na\na\n")->encode("a", ids);
  EXPECT_EQ(ids, (Ids{2}));
}

TEST_F(WordPieceTest, KnowsItsPieces) {
  const auto tokenizer = load();
  EXPECT_EQ(tokenizer->size(), 23);
  EXPECT_EQ(tokenizer->piece(6), "##aff");
  EXPECT_TRUE(tokenizer->continues_word(6));
  EXPECT_FALSE(tokenizer->continues_word(5));
  EXPECT_EQ(tokenizer->special().mask, 4);
  EXPECT_EQ(tokenizer->special().pad, 0);
}

TEST_F(WordPieceTest, DecodesForPeople) {
  const auto tokenizer = load();
  const auto text = [&](const char* source) {
    Ids ids;
    tokenizer->encode(source, ids);
    return tokenizer->decode(ids);
  };
  EXPECT_EQ(text("Unaffable, wanted!"), "unaffable, wanted!");
  EXPECT_EQ(text("hello (hello) [MASK]"), "hello (hello) [MASK]");
  EXPECT_EQ(text("\xE4\xB8\xAD \xE6\x96\x87"), "\xE4\xB8\xAD\xE6\x96\x87");
}

TEST_F(WordPieceTest, HashFollowsVocabularyAndOptions) {
  const std::string hash = load()->hash();
  EXPECT_EQ(load()->hash(), hash);
  EXPECT_NE(load(std::string(kVocabulary) + "new\n")->hash(), hash);
  config_.lowercase = false;
  EXPECT_NE(load()->hash(), hash);
}

TEST_F(WordPieceTest, CarriageReturnsAndAMissingLastNewlineChangeNothing) {
  EXPECT_EQ(load("[UNK]\r\nhello\r\n##b")->piece(2), "##b");
  EXPECT_EQ(load("[UNK]\r\nhello\r\n")->piece(1), "hello");
}

TEST_F(WordPieceTest, RefusesBadVocabulariesInOneLine) {
  EXPECT_NE(refusal<DataError>("[PAD]\nhello\n").find("has no [UNK] token"), std::string::npos);
  EXPECT_NE(refusal<DataError>("").find("is empty"), std::string::npos);
  EXPECT_NE(
      refusal<DataError>("[UNK]\nabc\n\xFF\xFE\n").find("vocab.txt:3: the piece is not UTF-8"),
      std::string::npos);
  EXPECT_NE(
      refusal<DataError>("[UNK]\n" + std::string(2000, 'a') + "\n").find("at most 1024 bytes"),
      std::string::npos);
  config_.size = 30522;
  EXPECT_NE(refusal<ConfigError>(kVocabulary).find("`size` must be 23, the number of pieces in"),
            std::string::npos);
  config_.vocab = "/nonexistent/vocab.txt";
  EXPECT_THROW(load_wordpiece(config_), NotFoundError);
}

TEST_F(WordPieceTest, AMissingSpecialTokenIsNamedWhenItIsNeeded) {
  const auto tokenizer = load("[UNK]\nhello\n");
  EXPECT_EQ(tokenizer->special().mask, std::nullopt);
  try {
    tokenizer->require(tokenizer->special().mask, "[MASK]");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("has no [MASK] token"), std::string::npos);
  }
}

}  // namespace
}  // namespace tpretrain
