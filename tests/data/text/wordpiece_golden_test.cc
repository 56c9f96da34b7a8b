// Against what tools/golden/wordpiece_golden.py wrote with Hugging Face's tokenizer.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "data/text/utf8.h"
#include "tests/base/temporary_folder.h"
#include "tpretrain/data/wordpiece.h"

namespace tpretrain {
namespace {

using Json = nlohmann::json;

const std::string kFolder = TP_SOURCE_DIR "/tests/golden/wordpiece/";

std::string as_utf8(char32_t c) {
  char bytes[4];
  return {bytes, text::put_code_point(c, bytes)};
}

std::unique_ptr<Tokenizer> load(const std::string& vocab, bool lowercase) {
  WordPieceConfig config;
  config.vocab = vocab;
  config.lowercase = lowercase;
  return load_wordpiece(config);
}

TEST(WordPieceGolden, GivesTheIdsOfThePeerForEveryString) {
  const std::unique_ptr<Tokenizer> tokenizers[2] = {load(kFolder + "vocab.txt", false),
                                                    load(kFolder + "vocab.txt", true)};
  std::ifstream file(kFolder + "encode.jsonl");
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    const Json json = Json::parse(line);
    std::vector<int32_t> ids;
    tokenizers[json["lowercase"].get<bool>() ? 1 : 0]->encode(json["text"].get<std::string>(), ids);
    EXPECT_EQ(ids, json["ids"].get<std::vector<int32_t>>()) << line;
  }
  EXPECT_GT(lines, 900);
}

class CodePoints : public ::testing::TestWithParam<bool> {
 protected:
  void write_vocabulary(const std::string& path) const {
    std::ofstream out(path, std::ios::binary);
    out << "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (char32_t c = 0; c < limit_; ++c) {
      if (!spaces_.contains(c) && !(c >= 0xD800 && c < 0xE000)) {
        out << as_utf8(c) << "\n##" << as_utf8(c) << "\n";
      }
    }
  }

  /// CRC-32 of the ids of each code point of the block alone, then of each between letters.
  uint32_t block_sum(const Tokenizer& tokenizer, char32_t first) const {
    uLong sum = ::crc32(0, nullptr, 0);
    std::vector<int32_t> ids;
    for (const bool between : {false, true}) {
      for (char32_t c = first; c < first + block_; ++c) {
        if (skip_.contains(c) || (c >= 0xD800 && c < 0xE000)) {
          continue;
        }
        ids.clear();
        tokenizer.encode(between ? "a" + as_utf8(c) + "b" : as_utf8(c), ids);
        sum = ::crc32(sum, reinterpret_cast<const Bytef*>(ids.data()),
                      static_cast<uInt>(ids.size() * sizeof(int32_t)));
      }
    }
    return static_cast<uint32_t>(sum);
  }

  const Json golden_ = Json::parse(read_file(kFolder + "code_points.json"));
  const char32_t limit_ = golden_["limit"].get<char32_t>();
  const char32_t block_ = golden_["block"].get<char32_t>();
  const std::set<char32_t> skip_ = golden_["skip"].get<std::set<char32_t>>();
  const std::set<char32_t> spaces_ = golden_["spaces"].get<std::set<char32_t>>();
};

TEST_P(CodePoints, EveryBlockHasTheIdsOfThePeer) {
  const TemporaryFolder folder;
  const std::string vocab = (folder.path() / "vocab.txt").string();
  write_vocabulary(vocab);
  const auto tokenizer = load(vocab, GetParam());
  const Json& sums = golden_[GetParam() ? "lowercase" : "cased"];
  ASSERT_EQ(sums.size(), limit_ / block_);
  for (char32_t first = 0; first < limit_; first += block_) {
    EXPECT_EQ(block_sum(*tokenizer, first), sums[first / block_].get<uint32_t>())
        << "block at U+" << std::hex << static_cast<uint32_t>(first);
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, CodePoints, ::testing::Bool());

}  // namespace
}  // namespace tpretrain
