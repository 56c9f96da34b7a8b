#include "tests/components/support.h"

namespace tpretrain::testing {

namespace lm_processor_test {

constexpr int32_t kEnd = 3;

struct Row {
  std::vector<int32_t> ids;
  std::vector<int32_t> rows;
  std::vector<int32_t> labels;
  std::vector<int32_t> lengths;
};

std::unique_ptr<SampleStream> open(const std::string& options,
                                   const FakeText::Documents& documents) {
  return build_processor("lm: {" + options + "}", std::make_shared<FakeTokenizer>())
      ->open(std::make_shared<FakeText>(documents));
}

Row make(const SampleStream& stream, int64_t index) {
  Sample sample;
  stream.make(index, 77, sample);
  return {ints(sample.columns.at(0)), ints(sample.columns.at(1)), ints(sample.columns.at(2)),
          sample.lengths.at(0)};
}

/// The tokens of the documents that have any, each with its end token.
std::vector<std::vector<int32_t>> flat(const FakeText::Documents& documents, bool end) {
  std::vector<std::vector<int32_t>> texts;
  for (const auto& document : documents) {
    std::vector<int32_t> text;
    for (const auto& sentence : document) {
      text.insert(text.end(), sentence.begin(), sentence.end());
    }
    if (text.empty()) {
      continue;
    }
    if (end) {
      text.push_back(kEnd);
    }
    texts.push_back(text);
  }
  return texts;
}

}  // namespace lm_processor_test

using lm_processor_test::kEnd;
using lm_processor_test::Row;

TEST(LmProcessor, HandComputedRows) {
  const auto stream =
      lm_processor_test::open("length: 4", {{{10, 11}, {12}}, {}, {{20}}, {{30, 31, 32}}});
  // Stream: 10 11 12 END | 20 END 30 31 | 32 END.
  ASSERT_EQ(stream->count(), 3);
  const Row first = lm_processor_test::make(*stream, 0);
  EXPECT_EQ(first.ids, (std::vector<int32_t>{10, 11, 12, kEnd}));
  EXPECT_EQ(first.rows, (std::vector<int32_t>{0, 1, 2}));
  EXPECT_EQ(first.labels, (std::vector<int32_t>{11, 12, kEnd}));
  EXPECT_EQ(first.lengths, std::vector<int32_t>{4});
  const Row second = lm_processor_test::make(*stream, 1);
  EXPECT_EQ(second.ids, (std::vector<int32_t>{20, kEnd, 30, 31}));
  EXPECT_EQ(second.lengths, (std::vector<int32_t>{2, 2}));
  EXPECT_EQ(second.rows, (std::vector<int32_t>{0, 2, 3}))
      << "the last one's label is in the next row";
  EXPECT_EQ(second.labels, (std::vector<int32_t>{kEnd, 31, 32}));
  const Row third = lm_processor_test::make(*stream, 2);
  EXPECT_EQ(third.ids, (std::vector<int32_t>{32, kEnd}));
  EXPECT_EQ(third.rows, std::vector<int32_t>{0});
}

TEST(LmProcessor, PackedRowsHoldTheWholeStreamOnce) {
  const auto documents = random_documents(60, 5, 11, 9);
  for (const bool end : {true, false}) {
    for (const int length : {2, 5, 7, 64, 4000}) {
      const auto stream = lm_processor_test::open(
          "length: " + std::to_string(length) + ", end: " + (end ? "true" : "false"), documents);
      std::vector<int32_t> expected;
      size_t predicted = 0;
      for (const auto& text : lm_processor_test::flat(documents, end)) {
        expected.insert(expected.end(), text.begin(), text.end());
        predicted += text.size() - 1;
      }
      std::vector<int32_t> read;
      for (int64_t i = 0; i < stream->count(); ++i) {
        const Row row = lm_processor_test::make(*stream, i);
        if (i + 1 < stream->count()) {
          EXPECT_EQ(std::ssize(row.ids), length);
        }
        predicted -= row.labels.size();
        EXPECT_EQ(row.rows.size(), row.labels.size());
        read.insert(read.end(), row.ids.begin(), row.ids.end());
      }
      EXPECT_EQ(read, expected);
      EXPECT_EQ(predicted, 0U) << "every token but the first of each document, once";
    }
  }
}

TEST(LmProcessor, LabelsAreTheNextTokensOfTheSequence) {
  const auto stream = lm_processor_test::open("length: 9", random_documents(30, 5, 11, 10));
  for (int64_t i = 0; i < stream->count(); ++i) {
    const Row row = lm_processor_test::make(*stream, i);
    std::vector<bool> last(row.ids.size(), false);
    int32_t end = 0;
    for (const int32_t length : row.lengths) {
      end += length;
      last.at(static_cast<size_t>(end) - 1) = true;
    }
    EXPECT_EQ(end, std::ssize(row.ids));
    for (size_t k = 0; k < row.rows.size(); ++k) {
      const auto at = static_cast<size_t>(row.rows[k]);
      if (!last[at]) {
        EXPECT_EQ(row.labels[k], row.ids[at + 1]);
      }
      EXPECT_NE(row.ids[at], kEnd);
    }
  }
}

TEST(LmProcessor, SplitDocumentsHaveRowsOfTheirOwn) {
  const auto documents = random_documents(30, 4, 9, 11);
  const auto stream = lm_processor_test::open("length: 6, documents: split", documents);
  int64_t index = 0;
  for (const auto& text : lm_processor_test::flat(documents, true)) {
    for (size_t begin = 0; begin < text.size(); begin += 6, ++index) {
      const Row row = lm_processor_test::make(*stream, index);
      const size_t end = std::min(begin + 6, text.size());
      EXPECT_EQ(row.ids, std::vector<int32_t>(text.begin() + begin, text.begin() + end));
      EXPECT_EQ(row.lengths.size(), 1U);
    }
  }
  EXPECT_EQ(index, stream->count());
}

TEST(LmProcessor, DeclaresWhatItWrites) {
  const auto processor = build_processor("lm: {length: 33}", std::make_shared<FakeTokenizer>());
  const auto fields = processor->fields();
  ASSERT_EQ(fields.size(), 3U);
  EXPECT_EQ(fields[0].name, "text.ids");
  EXPECT_EQ(fields[1].name, "lm.rows");
  EXPECT_EQ(fields[1].form, FieldForm::kRows);
  EXPECT_EQ(fields[1].view, "text");
  EXPECT_EQ(processor->views().at(0).max_length, 33);
}

TEST(LmProcessor, NamesAMissingEndToken) {
  auto tokenizer = std::make_shared<FakeTokenizer>();
  tokenizer->change_special().sep.reset();
  const auto source = std::make_shared<FakeText>(FakeText::Documents{{{10, 11}}});
  const std::string message =
      message_of<DataError>([&] { build_processor("lm", tokenizer)->open(source); });
  EXPECT_NE(message.find("fake.txt has no [SEP]"), std::string::npos) << message;
  EXPECT_EQ(build_processor("lm: {end: false}", tokenizer)->open(source)->count(), 1);
}

TEST(LmProcessor, SaysWhatItExpectsOfAnEmptySource) {
  const std::string message = message_of<DataError>([] {
    lm_processor_test::open("", {{}, {{}}});
  });
  EXPECT_NE(message.find("gives no sample"), std::string::npos) << message;
}

}  // namespace tpretrain::testing
