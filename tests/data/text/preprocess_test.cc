#include "tpretrain/data/preprocess.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/data/text/compressed.h"
#include "tests/data/text/sample_corpus.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"

namespace tpretrain {
namespace {

using namespace testing;

/// Runs `body` with standard input taken from a file.
template <typename Body>
void with_stdin(const std::filesystem::path& path, Body body) {
  const int saved = ::dup(STDIN_FILENO);
  const int file = ::open(path.c_str(), O_RDONLY);
  ::dup2(file, STDIN_FILENO);
  ::close(file);
  body();
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
}

class PreprocessTest : public ::testing::Test {
 protected:
  std::filesystem::path corpus(const std::string& text, const std::string& name = "corpus.txt") {
    const auto path = job_.folder.write(name, text);
    job_.options.corpus.files = {path.string()};
    return path;
  }

  template <typename Exception>
  std::string refusal() {
    try {
      job_.run();
    } catch (const Exception& error) {
      return std::string(error.what()) + " | " + error.hint();
    }
    return "accepted";
  }

  /// What a token file should hold, from one sentence after the other.
  void expect_documents(const Documents& documents) {
    TokenFile file(job_.options.output);
    ASSERT_EQ(file.documents(), static_cast<int64_t>(documents.size()));
    int64_t sequence = 0;
    for (size_t d = 0; d < documents.size(); ++d) {
      ASSERT_EQ(file.document_begin(static_cast<int64_t>(d)), sequence);
      for (const std::string& sentence : documents[d]) {
        std::vector<int32_t> expected;
        std::vector<int32_t> actual;
        job_.tokenizer->encode(sentence, expected);
        file.read(sequence++, actual);
        ASSERT_EQ(actual, expected);
      }
    }
    EXPECT_EQ(file.sequences(), sequence);
    file.verify();
  }

  SampleJob job_;
};

TEST_F(PreprocessTest, EverySentenceIsASequenceOfItsDocument) {
  const Documents documents = sample_documents(60);
  corpus(as_sentences(documents));
  const PreprocessReport report = job_.run();
  expect_documents(documents);
  EXPECT_EQ(report.counts.documents, 60);
  EXPECT_EQ(report.dtype, "uint16");
  EXPECT_EQ(report.resumed_bytes, 0);
  EXPECT_FALSE(std::filesystem::exists(job_.folder.path() / "out.partial"));
}

TEST_F(PreprocessTest, SameBytesForAnyNumberOfThreads) {
  corpus(as_sentences(sample_documents(900)));
  job_.options.corpus.chunk = 2000;
  job_.options.part = 5000;
  std::string expected;
  for (const int threads : {1, 2, 3, 7}) {
    job_.options.threads = threads;
    const PreprocessReport report = job_.run();
    ASSERT_GT(report.counts.bytes, 50 * 2000);
    if (expected.empty()) {
      expected = job_.bytes();
    }
    EXPECT_TRUE(job_.bytes() == expected) << threads;
  }
  expect_documents(sample_documents(900));
}

TEST_F(PreprocessTest, TheLayoutIsMegatrons) {
  corpus("w1 w2\n\nw3\n");
  job_.run();
  const std::string idx = read_file(job_.options.output.string() + ".idx");
  // magic 9, version 8, dtype 1, sequences 8, documents + 1 8, then the arrays.
  std::string expected(
      "MMIDIDX\0\0"
      "\1\0\0\0\0\0\0\0"
      "\x8",
      18);
  const auto put = [&expected](auto value) {
    expected.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  put(uint64_t{2});
  put(uint64_t{3});
  put(int32_t{4});
  put(int32_t{2});
  put(int64_t{0});
  put(int64_t{8});
  put(int64_t{0});
  put(int64_t{1});
  put(int64_t{2});
  EXPECT_EQ(idx, expected);
  // w ##1 w ##2 | w ##3
  const std::string bin("\5\0\x9\0\5\0\xA\0\5\0\xB\0", 12);
  EXPECT_EQ(read_file(job_.options.output.string() + ".bin"), bin);
}

TEST_F(PreprocessTest, LargeVocabulariesAreStoredAsInt32) {
  std::string vocabulary = sample_vocabulary();
  for (int i = 18; i < 65500; ++i) {
    vocabulary += "x" + std::to_string(i) + "\n";
  }
  WordPieceConfig config;
  config.vocab = job_.folder.write("large.txt", vocabulary).string();
  job_.tokenizer = load_wordpiece(config);
  const Documents documents = sample_documents(5);
  corpus(as_sentences(documents));
  EXPECT_EQ(job_.run().dtype, "int32");
  expect_documents(documents);
}

TEST_F(PreprocessTest, ArchivesAndStandardInputGiveTheSameTokens) {
  const std::string text = as_sentences(sample_documents(300));
  job_.options.corpus.chunk = 3000;
  const auto plain = corpus(text);
  job_.run();
  const std::string bin = read_file(job_.options.output.string() + ".bin");
  const std::string idx = read_file(job_.options.output.string() + ".idx");
  const auto expect_same = [&] {
    EXPECT_TRUE(read_file(job_.options.output.string() + ".bin") == bin);
    EXPECT_TRUE(read_file(job_.options.output.string() + ".idx") == idx);
  };
  corpus(gzipped(text), "corpus.gz");
  job_.run();
  expect_same();
  corpus(zstandard(text), "corpus.zst");
  job_.run();
  expect_same();
  job_.options.corpus.files = {"-"};
  with_stdin(plain, [this] { job_.run(); });
  expect_same();
}

TEST_F(PreprocessTest, AFileEndsItsDocument) {
  const std::string a = job_.folder.write("a", "w1\nw2").string();
  const std::string b = job_.folder.write("b", "w3").string();
  job_.options.corpus.files = {a, b};
  job_.run();
  expect_documents({{"w1", "w2"}, {"w3"}});
}

TEST_F(PreprocessTest, TheManifestSaysWhatWasMadeFromWhat) {
  const std::string text = "w1\n\xFF w2\n\n\xC2\x85\nw3\n" + std::string(300, 'w') + "\n";
  const auto path = corpus(text);
  job_.options.corpus.max_line = 200;
  job_.run();
  const auto json =
      nlohmann::json::parse(read_file(job_.options.output.string() + ".manifest.json"));
  EXPECT_EQ(json["sources"][0]["file"], path.string());
  EXPECT_EQ(json["sources"][0]["hash"], xxh3_hex(text.data(), text.size()));
  EXPECT_EQ(json["tokenizer"]["hash"], job_.tokenizer->hash());
  EXPECT_EQ(json["documents"], 2);
  EXPECT_EQ(json["sequences"], 3);
  EXPECT_EQ(json["tokens"], 6);
  EXPECT_EQ(json["dropped"]["invalid_utf8"]["count"], 1);
  EXPECT_EQ(json["dropped"]["invalid_utf8"]["first"][0], path.string() + ":3");
  EXPECT_EQ(json["dropped"]["long_line"]["count"], 1);
  EXPECT_EQ(json["dropped"]["empty_sentence"]["count"], 1);
  EXPECT_EQ(json["options"]["max_line"], "200");
  EXPECT_EQ(json["dtype"], "uint16");
  EXPECT_EQ(json["text_bytes"], text.size());
}

TEST_F(PreprocessTest, AFiftyMegabyteLineIsDroppedAndNamed) {
  corpus("w1\n" + std::string(50 << 20, 'w') + "\nw2\n");
  const PreprocessReport report = job_.run();
  EXPECT_EQ(report.sequences, 2);
  EXPECT_EQ(report.counts.drop(DropReason::kLongLine).count, 1);
  EXPECT_EQ(report.counts.drop(DropReason::kLongLine).places[0].offset, 3);
  job_.options.corpus.long_line = BadText::kError;
  EXPECT_NE(refusal<DataError>().find("line at byte 3 must be at most 16"), std::string::npos);
}

TEST_F(PreprocessTest, ACorpusWithoutADocumentShowsTheExpectedForm) {
  corpus("\n \n\n");
  EXPECT_NE(refusal<DataError>().find("one sentence a line and a blank line between documents"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(job_.folder.path() / "out.partial"));
  corpus("");
  job_.options.corpus.format = TextFormat::kJsonl;
  EXPECT_NE(refusal<DataError>().find("one object a line, such as {\"text\":"), std::string::npos);
}

TEST_F(PreprocessTest, TheWrongFormIsRefusedWithAHint) {
  corpus("{\"text\": \"w1\"}\n{\"text\": \"w2\"}\n");
  EXPECT_NE(refusal<DataError>().find("looks like JSON lines (keys: text) | set `format: jsonl`"),
            std::string::npos);
  job_.options.corpus.format = TextFormat::kJsonl;
  job_.run();
  expect_documents({{"w1"}, {"w2"}});
}

TEST_F(PreprocessTest, ExistingFilesAreReplacedOnlyWhenAllowed) {
  corpus("w1\n");
  job_.run();
  job_.options.overwrite = false;
  try {
    job_.run();
    FAIL();
  } catch (const OutputError& error) {
    EXPECT_NE(std::string(error.what()).find("out.bin exists"), std::string::npos);
  }
}

TEST_F(PreprocessTest, KnowsWhenNothingIsLeftToDo) {
  corpus("w1\n");
  EXPECT_FALSE(is_preprocessed(job_.options, *job_.tokenizer));
  job_.run();
  EXPECT_TRUE(is_preprocessed(job_.options, *job_.tokenizer));
  job_.options.corpus.format = TextFormat::kPlain;
  EXPECT_FALSE(is_preprocessed(job_.options, *job_.tokenizer));
  job_.options.corpus.format = TextFormat::kSentences;
  corpus("w1 w2\n");
  EXPECT_FALSE(is_preprocessed(job_.options, *job_.tokenizer));
}

TEST_F(PreprocessTest, ProgressGrowsToTheSizeOfTheFiles) {
  const std::string text = as_sentences(sample_documents(200));
  corpus(text);
  CorpusProgress last;
  preprocess(job_.options, *job_.tokenizer, [&last](const CorpusProgress& progress) {
    EXPECT_GE(progress.bytes_done, last.bytes_done);
    last = progress;
  });
  EXPECT_EQ(last.bytes_done, static_cast<int64_t>(text.size()));
  EXPECT_EQ(last.bytes_total, static_cast<int64_t>(text.size()));
}

}  // namespace
}  // namespace tpretrain
