#include "data/text/clip_bpe.h"

#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "data/text/text_clean.h"
#include "tests/base/temporary_folder.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using Ids = std::vector<int32_t>;

/// Printable bytes come first: '!' is 0, 'a' 64, and with the end of a word 256 more.
constexpr int32_t kA = 'a' - '!';
constexpr int32_t kFirstMerge = 512;

const char* const kMerges =
    "\"a merge list of our own\" #version: 1\n"
    "c a\n"       // 512
    "ca t</w>\n"  // 513
    "d o\n"       // 514
    "do g</w>\n"  // 515
    "' s</w>\n";  // 516

class ClipBpeTest : public ::testing::Test {
 protected:
  std::unique_ptr<Tokenizer> load(const std::string& merges = kMerges) {
    config_.vocab = folder_.write("merges_of_words.txt", merges).string();
    return load_clip_bpe(config_);
  }

  Ids encode(const std::string& text) {
    Ids ids;
    load()->encode(text, ids);
    return ids;
  }

  template <typename Exception>
  std::string refusal(const std::string& merges) {
    try {
      load(merges);
    } catch (const Exception& error) {
      return error.what();
    }
    return "accepted";
  }

  TemporaryFolder folder_;
  ClipBpeConfig config_;
};

TEST_F(ClipBpeTest, IdsAreBytesThenMergesThenSpecialTokens) {
  const auto tokenizer = load();
  EXPECT_EQ(tokenizer->size(), 512 + 5 + 2);
  EXPECT_EQ(tokenizer->piece(kA), "a");
  EXPECT_EQ(tokenizer->piece(kA + 256), "a</w>");
  EXPECT_EQ(tokenizer->piece(188), "\xC4\x80") << "the byte 0 is the first that is not printable";
  EXPECT_EQ(tokenizer->piece(kFirstMerge + 1), "cat</w>");
  EXPECT_EQ(*tokenizer->special().bos, 517);
  EXPECT_EQ(*tokenizer->special().eos, 518);
  EXPECT_FALSE(tokenizer->special().cls.has_value());
}

TEST_F(ClipBpeTest, CleansCutsAndMerges) {
  EXPECT_EQ(encode("Cat dog's a"), (Ids{513, 515, 516, kA + 256}));
  EXPECT_EQ(encode("cats"), (Ids{512, 't' - '!', 's' - '!' + 256}));
  EXPECT_EQ(encode("&lt;start_of_text&gt;cat<end_of_text>"), (Ids{517, 513, 518}));
  EXPECT_TRUE(encode(" \n ").empty());
}

TEST_F(ClipBpeTest, CleaningIsAChoice) {
  config_.clean = TextClean::kWhitespace;
  EXPECT_EQ(encode("CAT"), (Ids{'C' - '!', 'A' - '!', 'T' - '!' + 256}));
  EXPECT_EQ(encode("<START_OF_TEXT>").size(), 15u) << "a word of its own, but no token";
  config_.clean = TextClean::kCanonicalize;
  EXPECT_EQ(encode("CAT, dog's"), (Ids{513, 514, 'g' - '!', 's' - '!' + 256}));
}

TEST_F(ClipBpeTest, DecodesToWordsWithBlanks) {
  const auto tokenizer = load();
  Ids ids;
  tokenizer->encode("<start_of_text> Caf\xC3\xA9 cat, 12<end_of_text>", ids);
  EXPECT_EQ(tokenizer->decode(ids), "<start_of_text> caf\xC3\xA9 cat , 1 2 <end_of_text>");
  EXPECT_EQ(tokenizer->decode(Ids{127}), "\xEF\xBF\xBD") << "0xC3, half a character";
}

TEST_F(ClipBpeTest, VocabJsonGivesTheIds) {
  nlohmann::json vocabulary;
  const auto list = load();
  const int64_t size = list->size();
  for (int64_t i = 0; i < size - 2; ++i) {
    vocabulary[list->piece(static_cast<int32_t>(i))] = size - 1 - i;
  }
  vocabulary["<|startoftext|>"] = 1;
  vocabulary["<|endoftext|>"] = 0;
  folder_.write("hf/merges.txt", kMerges);
  config_.vocab = folder_.write("hf/vocab.json", vocabulary.dump()).string();
  const auto tokenizer = load_clip_bpe(config_);
  Ids ids;
  tokenizer->encode("<|startoftext|>cat a", ids);
  EXPECT_EQ(ids, (Ids{1, static_cast<int32_t>(size) - 1 - 513,
                      static_cast<int32_t>(size) - 1 - (kA + 256)}));
  EXPECT_NE(tokenizer->hash(), list->hash());
}

TEST_F(ClipBpeTest, TheHashIsOfIdsAndCleaning) {
  const std::string usual = load()->hash();
  EXPECT_EQ(load(std::string(kMerges) + "\n")->hash(), usual) << "empty lines mean nothing";
  EXPECT_NE(load(std::string(kMerges) + "a b\n")->hash(), usual);
  config_.clean = TextClean::kNone;
  EXPECT_NE(load()->hash(), usual);
}

TEST_F(ClipBpeTest, DamagedListsNameFileAndLine) {
  EXPECT_NE(refusal<DataError>("c a\nca\n").find("merges_of_words.txt:2: a merge must be two"),
            std::string::npos);
  EXPECT_NE(refusal<DataError>("c a\nca t x\n").find(":2: a merge must be"), std::string::npos);
  EXPECT_NE(refusal<DataError>("ca t\n").find(":1: 'ca' is no byte and no result"),
            std::string::npos);
  EXPECT_NE(refusal<DataError>("a b\na b\n").find(":2: 'ab' is made for the second time"),
            std::string::npos);
  EXPECT_NE(refusal<DataError>("a</w> b\n").find("'a</w>' ends a word"), std::string::npos);
  EXPECT_NE(refusal<DataError>("a \xFF\n").find("is not UTF-8"), std::string::npos);
  EXPECT_NE(refusal<DataError>(" \n").find("is empty"), std::string::npos);
  config_.size = 49408;
  EXPECT_NE(refusal<ConfigError>(kMerges).find("`size` must be 519"), std::string::npos);
}

TEST_F(ClipBpeTest, DamagedVocabulariesAreRefused) {
  EXPECT_NE(refusal<DataError>("{\"a\": 0").find("is not a JSON object"), std::string::npos);
  EXPECT_NE(refusal<DataError>("{\"a\": 0, \"b\": 0}").find("gives 'b' an id"), std::string::npos);
  EXPECT_NE(refusal<DataError>("{\"a\": -1}").find("gives 'a' an id"), std::string::npos);
  EXPECT_NE(refusal<DataError>("{\"a\": 1}").find("in [0, 1)"), std::string::npos);
  EXPECT_NE(refusal<DataError>("{\"a\": 0}").find("has no <|startoftext|>"), std::string::npos);
  config_.vocab = "none.txt";
  EXPECT_THROW(load_clip_bpe(config_), NotFoundError);
}

TEST_F(ClipBpeTest, ThreadsShareOneTokenizer) {
  const auto tokenizer = load();
  std::vector<Ids> ids(4);
  std::vector<std::thread> threads;
  for (Ids& own : ids) {
    threads.emplace_back([&own, &tokenizer] {
      for (int i = 0; i < 500; ++i) {
        tokenizer->encode("the cat and the dog's caf\xC3\xA9 &eacute; " + std::to_string(i), own);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_EQ(ids[0], ids[2]);
  EXPECT_EQ(ids[0], ids[3]);
}

/// The strings of tools/golden/clip_tokens_golden.py: draws of a linear congruential generator.
std::vector<std::string> golden_strings(const nlohmann::json& golden) {
  uint32_t state = golden["seed"];
  const auto draw = [&state](size_t n) {
    state = state * 1664525u + 1013904223u;
    return static_cast<size_t>((state >> 8) % n);
  };
  const std::vector<std::string> parts = golden["parts"];
  std::vector<std::string> strings(golden["strings"].get<size_t>());
  for (std::string& string : strings) {
    for (size_t left = draw(12); left > 0; --left) {
      string += parts[draw(parts.size())];
    }
  }
  return strings;
}

TEST(ClipBpeGolden, TheRealVocabularyGivesOpenClipsIds) {
  const char* vocabulary = std::getenv("TPRETRAIN_CLIP_VOCABULARY");
  const auto golden =
      nlohmann::json::parse(read_file(TP_SOURCE_DIR "/tests/golden/clip/tokens.json"));
  const std::vector<std::string> strings = golden_strings(golden);
  if (vocabulary == nullptr) {
    GTEST_SKIP() << strings.size() << " strings not compared: TPRETRAIN_CLIP_VOCABULARY names no "
                 << "bpe_simple_vocab_16e6.txt.gz";
  }
  ClipBpeConfig config;
  config.vocab = vocabulary;
  config.size = 49408;
  const auto tokenizer = load_clip_bpe(config);
  uLong crc = crc32(0, nullptr, 0);
  Ids ids;
  for (const std::string& string : strings) {
    ids.clear();
    tokenizer->encode(string, ids);
    std::string line;
    for (const int32_t id : ids) {
      line += std::to_string(id) + " ";
    }
    line += "\n";
    crc = crc32(crc, reinterpret_cast<const Bytef*>(line.data()), static_cast<uInt>(line.size()));
  }
  EXPECT_EQ(crc, golden["crc32"].get<uLong>());
}

}  // namespace
}  // namespace tpretrain
