#include "tpretrain/data/token_file.h"

#include <functional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/base/temporary_folder.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"

namespace tpretrain {
namespace {

using Ids = std::vector<int32_t>;

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

/// Three sequences {1 2 3}, {}, {40000 5} in two documents.
std::string index_bytes(uint8_t code, int64_t item) {
  std::string idx("MMIDIDX\0\0", 9);
  put<uint64_t>(idx, 1);
  put<uint8_t>(idx, code);
  put<uint64_t>(idx, 3);
  put<uint64_t>(idx, 3);
  for (const int32_t length : {3, 0, 2}) {
    put(idx, length);
  }
  for (const int64_t first : {0, 3, 3}) {
    put(idx, first * item);
  }
  for (const int64_t document : {0, 2, 3}) {
    put(idx, document);
  }
  return idx;
}

template <typename T>
std::string token_bytes() {
  std::string bin;
  for (const int id : {1, 2, 3, 40000, 5}) {
    put(bin, static_cast<T>(id));
  }
  return bin;
}

class TokenFileTest : public ::testing::Test {
 protected:
  void SetUp() override { write(token_bytes<uint16_t>(), index_bytes(8, 2)); }

  void write(const std::string& bin, const std::string& idx) {
    folder_.write("c.bin", bin);
    folder_.write("c.idx", idx);
  }

  void write_manifest(const std::function<void(nlohmann::json&)>& change = {}) {
    const std::string bin = read_file(prefix_.string() + ".bin");
    const std::string idx = read_file(prefix_.string() + ".idx");
    nlohmann::json json = {
        {"tokenizer", {{"size", 40001}, {"hash", "abc"}}},
        {"documents", 2},
        {"sequences", 3},
        {"tokens", 5},
        {"bin", {{"bytes", bin.size()}, {"hash", xxh3_hex(bin.data(), bin.size())}}},
        {"idx", {{"bytes", idx.size()}, {"hash", xxh3_hex(idx.data(), idx.size())}}},
        {"job", "j"}};
    if (change) {
      change(json);
    }
    folder_.write("c.manifest.json", json.dump());
  }

  template <typename Exception>
  std::string refusal(const std::function<void(TokenFile&)>& use = {}) {
    try {
      TokenFile file(prefix_);
      if (use) {
        use(file);
      }
    } catch (const Exception& error) {
      return error.what();
    }
    return "accepted";
  }

  static Ids read(const TokenFile& file, int64_t sequence) {
    Ids ids;
    file.read(sequence, ids);
    return ids;
  }

  TemporaryFolder folder_;
  std::filesystem::path prefix_ = folder_.path() / "c";
};

TEST_F(TokenFileTest, ReadsSequencesAndDocumentsOfEachType) {
  const struct {
    std::string bin;
    uint8_t code;
    int64_t item;
    int32_t large;
  } forms[] = {{token_bytes<uint16_t>(), 8, 2, 40000},
               {token_bytes<int32_t>(), 4, 4, 40000},
               {token_bytes<uint8_t>(), 1, 1, 40000 % 256}};

  for (const auto& form : forms) {
    write(form.bin, index_bytes(form.code, form.item));
    const TokenFile file(prefix_);
    EXPECT_EQ(file.sequences(), 3);
    EXPECT_EQ(file.documents(), 2);
    EXPECT_EQ(file.tokens(), 5);
    EXPECT_EQ(file.document_begin(1), 2);
    EXPECT_EQ(file.document_end(1), 3);
    EXPECT_EQ(read(file, 0), (Ids{1, 2, 3}));
    EXPECT_EQ(read(file, 1), Ids{});
    EXPECT_EQ(read(file, 2), (Ids{form.large, 5}));
    EXPECT_EQ(file.sequence(2)[0], form.large);
    Ids part = {7};
    file.read(0, 1, 2, part);
    EXPECT_EQ(part, (Ids{7, 2, 3}));
  }
}

TEST_F(TokenFileTest, OpensByPrefixOrByEitherFile) {
  for (const char* suffix : {"", ".bin", ".idx"}) {
    EXPECT_EQ(TokenFile(prefix_.string() + suffix).tokens(), 5);
  }
  EXPECT_THROW(TokenFile(folder_.path() / "d"), NotFoundError);
}

TEST_F(TokenFileTest, AcceptsTheModesOfMultimodalFiles) {
  write(token_bytes<uint16_t>(), index_bytes(8, 2) + std::string(3, '\0'));
  EXPECT_EQ(TokenFile(prefix_).tokens(), 5);
}

TEST_F(TokenFileTest, AnIndexCutAnywhereIsRefused) {
  const std::string idx = index_bytes(8, 2);
  for (size_t size = 0; size < idx.size(); ++size) {
    write(token_bytes<uint16_t>(), idx.substr(0, size));
    EXPECT_THROW(TokenFile{prefix_}, DataError) << size;
  }
}

TEST_F(TokenFileTest, TokensCutAnywhereAreRefusedWithBothSizes) {
  const std::string bin = token_bytes<uint16_t>();
  for (size_t size = 0; size < bin.size(); ++size) {
    write(bin.substr(0, size), index_bytes(8, 2));
    const std::string end =
        size < 6 ? "sequence 0 must end at byte 6" : "sequence 2 must end at byte 10";
    EXPECT_NE(refusal<DataError>().find("c.bin: " + end + ", but the file has " +
                                        std::to_string(size) + " bytes"),
              std::string::npos);
  }
  write(bin + "xy", index_bytes(8, 2));
  EXPECT_NE(refusal<DataError>().find("the index asks for 10 bytes, but the file has 12"),
            std::string::npos);
}

TEST_F(TokenFileTest, AFolderThatCannotBeLookedIntoIsNotAMissingFile) {
  std::filesystem::create_symlink("loop", folder_.path() / "loop");
  prefix_ = folder_.path() / "loop/c";
  EXPECT_NE(refusal<IoError>().find("loop/c.bin: cannot be examined: "), std::string::npos);
}

TEST_F(TokenFileTest, AnyFlippedBitGivesAnErrorOrDataInRange) {
  const std::string idx = index_bytes(8, 2);
  int refused = 0;
  for (size_t at = 0; at < idx.size(); ++at) {
    for (const int bit : {0, 4, 7}) {
      std::string damaged = idx;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      write(token_bytes<uint16_t>(), damaged);
      try {
        const TokenFile file(prefix_);
        int64_t tokens = 0;
        for (int64_t d = 0; d < file.documents(); ++d) {
          for (int64_t s = file.document_begin(d); s < file.document_end(d); ++s) {
            tokens += static_cast<int64_t>(read(file, s).size());
          }
        }
        EXPECT_EQ(tokens, file.tokens());
      } catch (const DataError&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, static_cast<int>(idx.size() * 3 * 9 / 10));
}

TEST_F(TokenFileTest, OtherFormatsAreCalledByTheirName) {
  std::string fairseq("MMIDIDX\0\0", 9);
  put<uint64_t>(fairseq, 1);
  put<uint8_t>(fairseq, 8);
  put<uint64_t>(fairseq, 1);
  put<int32_t>(fairseq, 5);
  put<int64_t>(fairseq, 0);
  write(token_bytes<uint16_t>(), fairseq);
  EXPECT_NE(refusal<DataError>().find("fairseq index of 1 sequences"), std::string::npos);
  write("", std::string("TNTIDX\0\0rest", 12));
  EXPECT_NE(refusal<DataError>().find("legacy fairseq"), std::string::npos);
  write("", "plain text");
  EXPECT_NE(refusal<DataError>().find("no token file index"), std::string::npos);
  write(token_bytes<uint16_t>(), index_bytes(7, 4));
  EXPECT_NE(refusal<DataError>().find("has the code 7 instead"), std::string::npos);
}

TEST_F(TokenFileTest, IdsOutsideTheVocabularyAreRefusedWhenRead) {
  TokenFile file(prefix_);
  EXPECT_EQ(read(file, 2), (Ids{40000, 5}));
  file.expect_tokenizer(40000, "");
  EXPECT_EQ(read(file, 0), (Ids{1, 2, 3}));
  Ids kept = {9};
  EXPECT_THROW(file.read(2, kept), DataError);
  EXPECT_EQ(kept, Ids{9});
}

TEST_F(TokenFileTest, NegativeIdsAreRefusedWithoutAVocabulary) {
  std::string bin = token_bytes<int32_t>();
  bin[3] = '\xFF';
  write(bin, index_bytes(4, 4));
  EXPECT_NE(refusal<DataError>([](TokenFile& file) { read(file, 0); }).find("must be in [0,"),
            std::string::npos);
}

TEST_F(TokenFileTest, TheManifestMustBelongToTheFiles) {
  write_manifest();
  EXPECT_EQ(TokenFile(prefix_).manifest()->vocabulary, 40001);
  for (const char* field : {"documents", "sequences", "tokens"}) {
    write_manifest([field](nlohmann::json& json) { json[field] = 77; });
    EXPECT_NE(refusal<DataError>().find("says 77 " + std::string(field)), std::string::npos);
  }
  write_manifest([](nlohmann::json& json) { json.erase("tokenizer"); });
  EXPECT_NE(refusal<DataError>().find("no manifest of token files"), std::string::npos);
  folder_.write("c.manifest.json", "{");
  EXPECT_NE(refusal<DataError>().find("no manifest of token files"), std::string::npos);
}

TEST_F(TokenFileTest, AnotherTokenizerIsAMistakeOfTheRecipe) {
  write_manifest();
  const auto expect = [](int64_t size, const std::string& hash) {
    return [=](TokenFile& file) { file.expect_tokenizer(size, hash); };
  };
  EXPECT_EQ(refusal<ConfigError>(expect(40001, "abc")), "accepted");
  EXPECT_NE(refusal<ConfigError>(expect(40002, "abc")).find("40001 pieces"), std::string::npos);
  EXPECT_NE(refusal<ConfigError>(expect(40001, "xyz")).find("another tokenizer"),
            std::string::npos);
}

TEST_F(TokenFileTest, VerifyFindsAChangedToken) {
  write_manifest();
  TokenFile(prefix_).verify();
  std::string bin = token_bytes<uint16_t>();
  bin[4] ^= 1;
  folder_.write("c.bin", bin);
  EXPECT_NE(refusal<DataError>([](TokenFile& file) { file.verify(); }).find("does not match"),
            std::string::npos);
  EXPECT_NE(
      refusal<DataError>([](TokenFile& file) { file.verify_hashes(); }).find("does not match"),
      std::string::npos);
  TokenFile(prefix_).verify_ids();
}

TEST_F(TokenFileTest, VerifyIdsReadsOneSequenceOfAStride) {
  TokenFile file(prefix_);
  file.verify_hashes();  // without a manifest there is nothing to compare with
  file.expect_tokenizer(40000, "");
  EXPECT_THROW(file.verify(), DataError);
  EXPECT_THROW(file.verify_ids(2), DataError);
  file.verify_ids(3);
}

}  // namespace
}  // namespace tpretrain
