#include "data/text_source.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/token_file_writer.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"

namespace tpretrain {
namespace {

using ::testing::AllOf;
using testing::Corpus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ScratchFolder;
using testing::write_file;
using testing::write_token_file;

const Corpus kFirst = {{{1, 2, 3}, {4}}, {{5, 6}}};
const Corpus kEmpty = {};
const Corpus kSecond = {{{7}}, {}, {{8, 9, 10}, {11}}};

TokenFileSource open_source(const std::vector<std::string>& files,
                            const SourceContext& context = {}) {
  TextSourceConfig config;
  config.files = files;
  return TokenFileSource(config, context);
}

template <typename Expected = Error>
std::string error_of(const std::vector<std::string>& files, const SourceContext& context = {}) {
  try {
    open_source(files, context);
  } catch (const Expected& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "no error";
}

TEST(TokenFileSource, JoinsTheDocumentsOfItsFiles) {
  const ScratchFolder folder;
  write_token_file(folder / "a", kFirst);
  write_token_file(folder / "b", kEmpty);
  write_token_file(folder / "c", kSecond);
  const TokenFileSource source = open_source({folder / "?.bin"});
  EXPECT_EQ(source.documents(), 5);
  EXPECT_EQ(source.items(), 5);
  std::vector<int64_t> first;
  std::vector<int64_t> count;
  for (int64_t document = 0; document < 5; ++document) {
    first.push_back(source.first_sentence(document));
    count.push_back(source.sentence_count(document));
  }
  EXPECT_THAT(first, ElementsAre(0, 2, 3, 4, 4));
  EXPECT_THAT(count, ElementsAre(2, 1, 1, 0, 2));
  std::vector<int64_t> lengths;
  std::vector<int32_t> ids;
  for (int64_t sentence = 0; sentence < 6; ++sentence) {
    lengths.push_back(source.sentence_length(sentence));
    source.read(sentence, 0, lengths.back(), ids);
  }
  EXPECT_THAT(lengths, ElementsAre(3, 1, 2, 1, 3, 1));
  EXPECT_THAT(ids, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

TEST(TokenFileSource, AppendsPartsOfSentences) {
  const ScratchFolder folder;
  write_token_file(folder / "a", kFirst);
  write_token_file(folder / "c", kSecond);
  const TokenFileSource source = open_source({folder / "a", folder / "c"});
  std::vector<int32_t> ids = {99};
  source.read(4, 1, 3, ids);
  source.read(0, 0, 1, ids);
  source.read(0, 2, 2, ids);
  EXPECT_THAT(ids, ElementsAre(99, 9, 10, 1));
}

TEST(TokenFileSource, MissingFilesNameThePattern) {
  const ScratchFolder folder;
  EXPECT_THAT(error_of<NotFoundError>({folder / "train*.bin"}), HasSubstr(folder / "train*.bin"));
}

TEST(TokenFileSource, EmptyCorpusShowsTheExpectedFormat) {
  const ScratchFolder folder;
  write_token_file(folder / "none", kEmpty);
  write_token_file(folder / "blank", {{}, {{}}});
  for (const char* name : {"none", "blank"}) {
    EXPECT_THAT(error_of<DataError>({folder / name}),
                AllOf(HasSubstr("corpus is empty"), HasSubstr(name), HasSubstr("0 tokens"),
                      HasSubstr("a sentence a line"), HasSubstr("tpretrain preprocess")));
  }
}

TEST(TokenFileSource, DamagedFilesAreNamed) {
  const ScratchFolder folder;
  write_token_file(folder / "a", kFirst);
  const std::string bin = folder / "a.bin";
  std::filesystem::resize_file(bin, std::filesystem::file_size(bin) - 1);
  EXPECT_THAT(error_of<DataError>({folder / "a"}), HasSubstr(bin));
  write_token_file(folder / "b", kFirst);
  write_file(folder / "b.idx", "this is text\n");
  EXPECT_THAT(error_of<DataError>({folder / "b"}), HasSubstr(folder / "b.idx"));
}

TEST(TokenFileSource, IdsOutsideTheVocabularyAreRefusedBeforeTraining) {
  const ScratchFolder folder;
  write_token_file(folder / "a", kFirst);
  EXPECT_EQ(error_of({folder / "a"}, {.vocabulary = 7, .tokenizer_hash = ""}), "no error");
  EXPECT_THAT(error_of<DataError>({folder / "a"}, {.vocabulary = 6, .tokenizer_hash = ""}),
              AllOf(HasSubstr(folder / "a"), HasSubstr("6")));
  EXPECT_EQ(error_of({folder / "a"}), "no error");
}

/// The manifest of the pair that `write_token_file` made of kFirst.
void write_manifest(const std::string& prefix, int64_t vocabulary, const std::string& tokenizer) {
  const auto facts = [&prefix](const char* suffix) {
    const std::string bytes = read_file(prefix + suffix);
    return R"({"bytes": )" + std::to_string(bytes.size()) + R"(, "hash": ")" +
           xxh3_hex(bytes.data(), bytes.size()) + R"("})";
  };
  write_file(prefix + ".manifest.json",
             R"({"tokenizer": {"size": )" + std::to_string(vocabulary) + R"(, "hash": ")" +
                 tokenizer + R"("}, "documents": 2, "sequences": 3, "tokens": 6, "bin": )" +
                 facts(".bin") + R"(, "idx": )" + facts(".idx") + "}");
}

TEST(TokenFileSource, FilesOfAnotherTokenizerAreRefused) {
  const ScratchFolder folder;
  write_token_file(folder / "a", kFirst);
  write_manifest(folder / "a", 100, "abc");
  EXPECT_EQ(error_of({folder / "a"}, {.vocabulary = 100, .tokenizer_hash = "abc"}), "no error");
  EXPECT_EQ(error_of({folder / "a"}), "no error");
  EXPECT_THAT(error_of<ConfigError>({folder / "a"}, {.vocabulary = 100, .tokenizer_hash = "xyz"}),
              AllOf(HasSubstr(folder / "a.bin"), HasSubstr("abc"), HasSubstr("xyz")));
  EXPECT_THAT(error_of<ConfigError>({folder / "a"}, {.vocabulary = 99, .tokenizer_hash = "abc"}),
              AllOf(HasSubstr("100"), HasSubstr("99")));
}

TEST(TokenFileSource, IdsOutsideTheVocabularyAreRefusedWhileReading) {
  const ScratchFolder folder;
  write_token_file(folder / "a", kFirst);
  write_manifest(folder / "a", 6, "abc");
  const TokenFileSource source =
      open_source({folder / "a"}, {.vocabulary = 6, .tokenizer_hash = "abc"});
  std::vector<int32_t> ids;
  source.read(0, 0, 3, ids);
  EXPECT_THROW(source.read(2, 0, 2, ids), DataError);
}

TEST(TokenFileSource, FilesThatDoNotMatchTheirManifestAreRefusedBeforeTraining) {
  const ScratchFolder folder;
  for (const char* ending : {".bin", ".idx"}) {
    write_token_file(folder / "a", kFirst);
    write_manifest(folder / "a", 100, "abc");
    // Swapped tokens, or a sentence that moves to the other document: sound by themselves.
    const Corpus other =
        ending[1] == 'b' ? Corpus{{{1, 3, 2}, {4}}, {{5, 6}}} : Corpus{{{1, 2, 3}}, {{4}, {5, 6}}};
    write_token_file(folder / "a", other);
    const SourceContext context = {.vocabulary = 100, .tokenizer_hash = "abc"};
    EXPECT_THAT(error_of<DataError>({folder / "a"}, context),
                AllOf(HasSubstr(folder / ("a" + std::string(ending))),
                      HasSubstr("does not match its manifest")));
    EXPECT_THAT(error_of<DataError>({folder / "a"}), HasSubstr("does not match its manifest"));
  }
}

TEST(TokenFileSource, HashComesFromTheManifestWhereThereIsOne) {
  const ScratchFolder folder;
  write_token_file(folder / "a", kFirst);
  write_token_file(folder / "b", kFirst);
  write_manifest(folder / "a", 100, "abc");
  EXPECT_NE(open_source({folder / "a"}).hash(), open_source({folder / "b"}).hash());
  write_manifest(folder / "b", 100, "abc");
  EXPECT_EQ(open_source({folder / "a"}).hash(), open_source({folder / "b"}).hash());
}

TEST(TokenFileSource, HashTellsContentsApartAndNotPlaces) {
  const ScratchFolder folder;
  write_token_file(folder / "a", kFirst);
  write_token_file(folder / "same", kFirst);
  write_token_file(folder / "ids", {{{1, 2, 3}, {4}}, {{5, 7}}});
  write_token_file(folder / "split", {{{1, 2, 3}}, {{4}, {5, 6}}});
  const std::string hash = open_source({folder / "a"}).hash();
  EXPECT_EQ(hash, open_source({folder / "same"}).hash());
  EXPECT_NE(hash, open_source({folder / "ids"}).hash());
  EXPECT_NE(hash, open_source({folder / "split"}).hash());
  EXPECT_NE(open_source({folder / "a", folder / "ids"}).hash(),
            open_source({folder / "ids", folder / "a"}).hash());
}

TEST(TokenFileSource, SidecarsOfDifferentSetsOfFilesAreApart) {
  const ScratchFolder folder;
  for (const char* name : {"a", "b", "c"}) {
    write_token_file(folder / name, kFirst);
  }
  EXPECT_EQ(open_source({folder / "a.bin"}).sidecar(), folder / "a");
  const std::string both = open_source({folder / "a", folder / "b"}).sidecar();
  EXPECT_THAT(both, ::testing::StartsWith(folder / "a+1-"));
  EXPECT_NE(both, open_source({folder / "a", folder / "c"}).sidecar());
}

}  // namespace
}  // namespace tpretrain
