#include "tpretrain/data/sentencepiece.h"

#include <random>

#include <gtest/gtest.h>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include "tests/base/temporary_folder.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using Ids = std::vector<int32_t>;

/// Sentences over a few words, so that pieces longer than a letter pay.
std::vector<std::string> sentences() {
  const char* words[] = {"the",     "painted", "painting", "paints", "a",       "small",
                         "smaller", "dog",     "dogs",     "runs",   "running", "over",
                         "the",     "green",   "hill",     "hills"};
  std::mt19937 random(11);
  std::vector<std::string> lines;
  for (int i = 0; i < 400; ++i) {
    std::string line = words[random() % 16];
    for (int word = 0; word < 7; ++word) {
      line += std::string(" ") + words[random() % 16];
    }
    lines.push_back(line);
  }
  return lines;
}

class Lines : public sentencepiece::SentenceIterator {
 public:
  bool done() const override { return at_ == lines_.size(); }

  void Next() override { ++at_; }

  const std::string& value() const override { return lines_[at_]; }

  sentencepiece::util::Status status() const override { return {}; }

 private:
  std::vector<std::string> lines_ = sentences();
  size_t at_ = 0;
};

std::string train(const std::string& options, int size = 80) {
  std::string model;
  Lines lines;
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      "--minloglevel=2 --hard_vocab_limit=false --vocab_size=" + std::to_string(size) + " " +
          options,
      &lines, &model);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return model;
}

class SentencePieceTest : public ::testing::Test {
 protected:
  std::unique_ptr<Tokenizer> load(const std::string& model) {
    config_.model = folder_.write("own.model", model).string();
    return load_sentencepiece(config_);
  }

  std::unique_ptr<Tokenizer> trained(const std::string& options, int size = 80) {
    return load(train(options, size));
  }

  static Ids encode(const Tokenizer& tokenizer, const std::string& text) {
    Ids ids;
    tokenizer.encode(text, ids);
    return ids;
  }

  TemporaryFolder folder_;
  SentencePieceConfig config_;
};

TEST_F(SentencePieceTest, IdsAreTheLibrarysForEveryKindOfModel) {
  for (const std::string type : {"unigram", "bpe", "char", "word"}) {
    const std::string model = train("--model_type=" + type);
    const auto tokenizer = load(model);
    sentencepiece::SentencePieceProcessor peer;
    ASSERT_TRUE(peer.LoadFromSerializedProto(model).ok());
    EXPECT_EQ(tokenizer->size(), peer.GetPieceSize());
    for (const std::string& line : sentences()) {
      std::vector<int> theirs;
      ASSERT_TRUE(peer.Encode(line, &theirs).ok());
      ASSERT_EQ(encode(*tokenizer, line), Ids(theirs.begin(), theirs.end())) << type << line;
    }
    EXPECT_EQ(tokenizer->decode(encode(*tokenizer, "the dogs")), "the dogs") << type;
  }
}

TEST_F(SentencePieceTest, SpecialIdsAreThoseOfTheModel) {
  const SpecialIds usual = trained("--model_type=bpe")->special();
  EXPECT_EQ(usual.unk, 0);
  EXPECT_EQ(usual.bos, 1);
  EXPECT_EQ(usual.eos, 2);
  EXPECT_FALSE(usual.pad.has_value());
  EXPECT_FALSE(usual.cls.has_value());
  const SpecialIds other = trained(
                               "--model_type=bpe --pad_id=0 --eos_id=1 --unk_id=2 --bos_id=-1 "
                               "--control_symbols=[CLS],[SEP],[MASK]")
                               ->special();
  EXPECT_EQ(other.pad, 0);
  EXPECT_EQ(other.eos, 1);
  EXPECT_EQ(other.unk, 2);
  EXPECT_FALSE(other.bos.has_value());
  EXPECT_EQ(other.cls, 3);
  EXPECT_EQ(other.sep, 4);
  EXPECT_EQ(other.mask, 5);
}

TEST_F(SentencePieceTest, UnknownCharactersAreUnkOrBytes) {
  const auto plain = trained("--model_type=bpe");
  EXPECT_EQ(encode(*plain, "\xE4\xB8\xAD").back(), 0);
  const auto bytes = trained("--model_type=bpe --byte_fallback=true", 340);
  const Ids ids = encode(*bytes, "\xE4\xB8\xAD");
  ASSERT_GE(ids.size(), 3u);
  EXPECT_EQ(bytes->piece(ids[ids.size() - 3]), "<0xE4>");
  EXPECT_EQ(bytes->decode(ids), "\xE4\xB8\xAD");
}

TEST_F(SentencePieceTest, UserDefinedSymbolsAreRecognisedInText) {
  const auto tokenizer = trained("--model_type=bpe --user_defined_symbols=<image>");
  const Ids ids = encode(*tokenizer, "dog<image>dog<s>");
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 3), 1);
  EXPECT_EQ(tokenizer->piece(3), "<image>");
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 1), 0) << "control symbols are not";
}

TEST_F(SentencePieceTest, CleansAsSiglipDoes) {
  const std::string model = train("--model_type=bpe");
  config_.clean = TextClean::kCanonicalize;
  const auto tokenizer = load(model);
  EXPECT_EQ(encode(*tokenizer, "The  GREEN_hills!"), encode(*tokenizer, "the green hills"));
  const std::string hash = tokenizer->hash();
  config_.clean = TextClean::kNone;
  EXPECT_NE(encode(*load(model), "The"), encode(*load(model), "the"));
  EXPECT_NE(load(model)->hash(), hash);
}

TEST_F(SentencePieceTest, PiecesSayWhetherTheyContinueAWord) {
  const auto tokenizer = trained("--model_type=char");
  const Ids ids = encode(*tokenizer, "dog");
  ASSERT_EQ(ids.size(), 4u) << "the mark of a word's start, then three letters";
  EXPECT_FALSE(tokenizer->continues_word(ids[0]));
  EXPECT_TRUE(tokenizer->continues_word(ids[1]));
  EXPECT_FALSE(tokenizer->continues_word(0)) << "unknown";
  EXPECT_FALSE(tokenizer->continues_word(1)) << "control";
}

TEST_F(SentencePieceTest, IllFormedTextCountsAsReplacementCharacters) {
  const auto tokenizer = trained("--model_type=bpe");
  EXPECT_EQ(encode(*tokenizer, "dog\xFF"), encode(*tokenizer, "dog\xEF\xBF\xBD"));
}

TEST_F(SentencePieceTest, RefusesWhatIsNoModel) {
  const auto refusal = [this](const std::string& bytes) -> std::string {
    try {
      load(bytes);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_NE(refusal("").find("own.model is no SentencePiece model: the file is empty"),
            std::string::npos);
  EXPECT_NE(refusal("no protocol buffer").find("is no SentencePiece model"), std::string::npos);
  const std::string model = train("--model_type=bpe");
  EXPECT_NE(refusal(model.substr(0, model.size() / 2)).find("is no SentencePiece model"),
            std::string::npos);
  config_.model = "none.model";
  EXPECT_THROW(load_sentencepiece(config_), NotFoundError);
  config_.size = 7;
  EXPECT_THROW(load(model), ConfigError);
}

}  // namespace
}  // namespace tpretrain
