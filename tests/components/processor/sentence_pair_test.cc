#include <map>
#include <set>

#include "tests/components/support.h"

namespace tpretrain::testing {

namespace sentence_pair_test {

constexpr int32_t kCls = 2;
constexpr int32_t kSep = 3;
constexpr int32_t kMask = 4;

/// A sample taken apart: the tokens as they were before masking.
struct Pair {
  std::vector<int32_t> ids;  ///< as written
  std::vector<int32_t> a;
  std::vector<int32_t> b;
  std::vector<int32_t> rows;
  std::vector<int32_t> labels;
  std::vector<int32_t> segments;
  int32_t label = -1;
};

Pair take_apart(const Sample& sample, bool masked = true) {
  Pair pair;
  pair.ids = ints(sample.columns.at(0));
  pair.segments = ints(sample.columns.at(1));
  std::vector<int32_t> plain = pair.ids;
  if (masked) {
    pair.rows = ints(sample.columns.at(2));
    pair.labels = ints(sample.columns.at(3));
    for (size_t i = 0; i < pair.rows.size(); ++i) {
      plain.at(static_cast<size_t>(pair.rows[i])) = pair.labels[i];
    }
  }
  EXPECT_EQ(plain.front(), kCls);
  EXPECT_EQ(plain.back(), kSep);
  const auto first = std::find(plain.begin(), plain.end(), kSep);
  pair.a.assign(plain.begin() + 1, first);
  if (first + 1 != plain.end()) {
    pair.b.assign(first + 1, plain.end() - 1);
  }
  const Column& last = sample.columns.back();
  pair.label = last.bytes.size() == sizeof(int32_t) ? ints(last)[0] : -1;
  EXPECT_EQ(sample.lengths.at(0), std::vector<int32_t>{static_cast<int32_t>(plain.size())});
  return pair;
}

std::unique_ptr<SampleStream> open(const std::string& options, const FakeText::Documents& documents,
                                   uint64_t seed = 1) {
  return build_processor("sentence_pair: {" + options + "}", std::make_shared<FakeTokenizer>(),
                         seed)
      ->open(std::make_shared<FakeText>(documents));
}

Pair make(const SampleStream& stream, int64_t index, int64_t ordinal, bool masked = true) {
  Sample sample;
  stream.make(index, ordinal, sample);
  return take_apart(sample, masked);
}

/// Document d consists of the ids 10 + d alone, so that a segment tells where it comes from.
FakeText::Documents marked_documents(int count, int sentences, int tokens) {
  FakeText::Documents documents;
  for (int d = 0; d < count; ++d) {
    documents.emplace_back(sentences, std::vector<int32_t>(static_cast<size_t>(tokens), 10 + d));
  }
  return documents;
}

bool contains(const std::vector<int32_t>& text, const std::vector<int32_t>& part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end()) != text.end();
}

}  // namespace sentence_pair_test

using sentence_pair_test::make;
using sentence_pair_test::marked_documents;
using sentence_pair_test::open;
using sentence_pair_test::Pair;

TEST(SentencePair, HandComputedPairWithoutDraws) {
  // Two sentences can only be split between them; nothing is random, nothing masked.
  const auto stream = open("length: 16, random_next: 0, short_rate: 0, mask: {rate: 0}",
                           {{{10, 11, 12}, {13, 14}}});
  ASSERT_EQ(stream->count(), 1);
  Sample sample;
  stream->make(0, 5, sample);
  ASSERT_EQ(sample.columns.size(), 2U);
  EXPECT_EQ(ints(sample.columns[0]), (std::vector<int32_t>{2, 10, 11, 12, 3, 13, 14, 3}));
  EXPECT_EQ(ints(sample.columns[1]), (std::vector<int32_t>{0, 0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(sample.lengths, (std::vector<std::vector<int32_t>>{{8}}));
}

TEST(SentencePair, RunsOfSentencesFillTheLengthInsideDocuments) {
  // Room 13: sentences of 5 give runs of 3, and the rest of a document is a run of its own.
  const auto stream =
      open("length: 16, random_next: 0, short_rate: 0, mask: {rate: 0}", marked_documents(2, 4, 5));
  EXPECT_EQ(stream->count(), 4);
  for (int64_t i = 0; i < 4; ++i) {
    const Pair pair = make(*stream, i, i, false);
    EXPECT_EQ(pair.a[0], 10 + i / 2);
    EXPECT_EQ(pair.a.size() + pair.b.size(), i % 2 == 0 ? 13U : 5U);
  }
}

TEST(SentencePair, EverySentenceBelongsToOneSample) {
  const auto documents = random_documents(300, 9, 12, 3);
  const auto stream = open("length: 256, pair: false, short_rate: 0, mask: {rate: 0}", documents);
  std::vector<int32_t> expected;
  for (const auto& document : documents) {
    for (const auto& sentence : document) {
      expected.insert(expected.end(), sentence.begin(), sentence.end());
    }
  }
  std::vector<int32_t> read;
  for (int64_t i = 0; i < stream->count(); ++i) {
    const Pair pair = make(*stream, i, i, false);
    read.insert(read.end(), pair.a.begin(), pair.a.end());
  }
  EXPECT_EQ(read, expected);
}

TEST(SentencePair, NeverExceedsItsLength) {
  const auto documents = random_documents(40, 6, 90, 4);
  for (const int length : {8, 9, 33, 128}) {
    const auto stream = open("length: " + std::to_string(length), documents);
    for (int64_t ordinal = 0; ordinal < 400; ++ordinal) {
      const Pair pair = make(*stream, ordinal % stream->count(), ordinal);
      EXPECT_LE(pair.ids.size(), static_cast<size_t>(length));
      EXPECT_GE(pair.a.size(), 1U);
      EXPECT_GE(pair.b.size(), 1U);
      EXPECT_EQ(pair.segments.size(), pair.ids.size());
      EXPECT_EQ(std::count(pair.segments.begin(), pair.segments.end(), 0), std::ssize(pair.a) + 2);
    }
  }
}

TEST(SentencePair, TruncatesAtBothEnds) {
  std::vector<int32_t> sentence(60);
  for (int32_t i = 0; i < 60; ++i) {
    sentence[static_cast<size_t>(i)] = 10 + i;
  }
  const auto stream = open("length: 32, pair: false, short_rate: 0, mask: {rate: 0}", {{sentence}});
  int64_t cut_in_front = 0;
  for (int64_t ordinal = 0; ordinal < 500; ++ordinal) {
    const Pair pair = make(*stream, 0, ordinal, false);
    ASSERT_EQ(pair.a.size(), 30U);
    EXPECT_EQ(pair.a.back() - pair.a.front(), 29);
    cut_in_front += pair.a.front() - 10;
  }
  EXPECT_NEAR(static_cast<double>(cut_in_front) / 500, 15, 1);
}

TEST(SentencePair, HalfOfTheSecondSegmentsComeFromAnotherDocument) {
  const auto stream = open("length: 24, mask: {rate: 0}", marked_documents(50, 4, 5));
  int random = 0;
  std::set<int32_t> partners;
  for (int64_t ordinal = 0; ordinal < 4000; ++ordinal) {
    const Pair pair = make(*stream, ordinal % stream->count(), ordinal, false);
    EXPECT_EQ(pair.label, pair.a[0] == pair.b[0] ? 0 : 1);
    random += pair.label;
    partners.insert(pair.b[0]);
  }
  EXPECT_NEAR(random, 2000, 130);
  EXPECT_EQ(partners.size(), 50U);
}

TEST(SentencePair, ASingleDocumentPairsWithItself) {
  const auto stream =
      open("length: 24, random_next: 1, mask: {rate: 0}", marked_documents(1, 9, 5));
  EXPECT_EQ(make(*stream, 0, 1, false).label, 1);
}

TEST(SentencePair, EmptyDocumentsAreNoPartners) {
  FakeText::Documents documents = marked_documents(2, 3, 4);
  documents.insert(documents.begin() + 1, 20, {});
  documents.insert(documents.begin(), {{}});
  documents.push_back({{}, {}});
  const auto stream = open("length: 24, random_next: 1, mask: {rate: 0}", documents);
  for (int64_t ordinal = 0; ordinal < 200; ++ordinal) {
    const Pair pair = make(*stream, ordinal % stream->count(), ordinal, false);
    EXPECT_EQ(pair.a[0] + pair.b[0], 10 + 11) << "the other document with tokens";
  }
}

TEST(SentencePair, TrueContinuationsFollowInTheText) {
  const auto documents = random_documents(30, 8, 9, 6);
  const auto stream = open("length: 40, random_next: 0, mask: {rate: 0}", documents);
  for (int64_t ordinal = 0; ordinal < 300; ++ordinal) {
    const Pair pair = make(*stream, ordinal % stream->count(), ordinal, false);
    bool found = false;
    for (const auto& document : documents) {
      std::vector<int32_t> text;
      for (const auto& sentence : document) {
        text.insert(text.end(), sentence.begin(), sentence.end());
      }
      found = found || (sentence_pair_test::contains(text, pair.a) &&
                        sentence_pair_test::contains(text, pair.b));
    }
    EXPECT_TRUE(found);
    EXPECT_EQ(pair.label, -1) << "no label is written";
  }
}

TEST(SentencePair, SwappedOrderHasLabelOne) {
  // Ids rise along the document, so the order shows.
  FakeText::Documents documents(1);
  for (int32_t s = 0; s < 4; ++s) {
    documents[0].push_back({10 + 2 * s, 11 + 2 * s});
  }
  const auto stream = open("length: 16, order_swap: 0.5, mask: {rate: 0}", documents);
  int swapped = 0;
  for (int64_t ordinal = 0; ordinal < 2000; ++ordinal) {
    const Pair pair = make(*stream, 0, ordinal, false);
    EXPECT_EQ(pair.label, pair.a[0] > pair.b[0] ? 1 : 0);
    swapped += pair.label;
  }
  EXPECT_NEAR(swapped, 1000, 90);
}

TEST(SentencePair, OneSentenceIsSplitInsideForATrueContinuation) {
  FakeText::Documents documents(20);
  for (int32_t d = 0; d < 20; ++d) {
    documents[static_cast<size_t>(d)] = {{10 + d, 40, 41, 42, 43}};
  }
  const auto stream = open("length: 32, mask: {rate: 0}", documents);
  std::map<int32_t, int> labels;
  for (int64_t ordinal = 0; ordinal < 1000; ++ordinal) {
    const Pair pair = make(*stream, ordinal % 20, ordinal, false);
    ++labels[pair.label];
    if (pair.label == 0) {
      EXPECT_EQ(pair.a.size() + pair.b.size(), 5U);
      EXPECT_EQ(pair.b.back(), 43);
    } else {
      EXPECT_EQ(pair.a.size(), 5U);
    }
  }
  EXPECT_NEAR(labels[1], 500, 65);
}

TEST(SentencePair, ShortSamplesHaveTheStatedShare) {
  const auto documents = marked_documents(3, 40, 1);
  const auto stream =
      open("length: 43, random_next: 0, short_rate: 0.1, mask: {rate: 0}", documents);
  ASSERT_EQ(stream->count(), 3);
  int shorter = 0;
  for (int64_t ordinal = 0; ordinal < 4000; ++ordinal) {
    const Pair pair = make(*stream, ordinal % 3, ordinal, false);
    shorter += pair.a.size() + pair.b.size() < 40 ? 1 : 0;
    EXPECT_GE(pair.a.size() + pair.b.size(), 2U);
  }
  // One of the 39 drawn lengths is the full one.
  EXPECT_NEAR(shorter, 400 * 38 / 39, 75);
}

TEST(SentencePair, MasksTheStatedShareInTheStatedWays) {
  const auto stream = open("length: 128, short_rate: 0", random_documents(80, 30, 20, 8));
  int64_t tokens = 0;
  int64_t chosen = 0;
  int64_t masked = 0;
  int64_t kept = 0;
  for (int64_t ordinal = 0; ordinal < 2000; ++ordinal) {
    const Pair pair = make(*stream, ordinal % stream->count(), ordinal);
    tokens += std::ssize(pair.ids);
    chosen += std::ssize(pair.rows);
    EXPECT_TRUE(std::is_sorted(pair.rows.begin(), pair.rows.end()));
    for (size_t i = 0; i < pair.rows.size(); ++i) {
      const int32_t shown = pair.ids.at(static_cast<size_t>(pair.rows[i]));
      EXPECT_GE(pair.labels[i], 10) << "special tokens are never chosen";
      masked += shown == sentence_pair_test::kMask ? 1 : 0;
      kept += shown == pair.labels[i] ? 1 : 0;
    }
  }
  EXPECT_NEAR(static_cast<double>(chosen) / static_cast<double>(tokens), 0.15, 0.005);
  EXPECT_NEAR(static_cast<double>(masked) / static_cast<double>(chosen), 0.8, 0.01);
  EXPECT_NEAR(static_cast<double>(kept) / static_cast<double>(chosen), 0.1 + 0.1 / 95, 0.01);
}

TEST(SentencePair, IsAFunctionOfSeedIndexAndOrdinal) {
  const auto documents = random_documents(40, 9, 15, 5);
  const auto stream = open("length: 64", documents);
  const auto again = open("length: 64", documents);
  const auto other = open("length: 64", documents, /*seed=*/2);
  int differing_ordinals = 0;
  int differing_seeds = 0;
  for (int64_t i = 0; i < stream->count(); ++i) {
    const Pair pair = make(*stream, i, 1000 - i);
    EXPECT_EQ(pair.ids, make(*again, i, 1000 - i).ids);
    differing_ordinals += pair.ids != make(*stream, i, 2000 + i).ids ? 1 : 0;
    differing_seeds += pair.ids != make(*other, i, 1000 - i).ids ? 1 : 0;
  }
  EXPECT_GT(differing_ordinals, stream->count() * 8 / 10);
  EXPECT_GT(differing_seeds, stream->count() * 8 / 10);
}

TEST(SentencePair, ReadsAWindowOfAHugeSentence) {
  std::vector<int32_t> huge(1'000'000);
  for (size_t i = 0; i < huge.size(); ++i) {
    huge[i] = 10 + static_cast<int32_t>(i / 20'000);
  }
  const auto stream = open("length: 32, pair: false, short_rate: 0, mask: {rate: 0}", {{huge}});
  std::set<int32_t> seen;
  for (int64_t ordinal = 0; ordinal < 1000; ++ordinal) {
    const Pair pair = make(*stream, 0, ordinal, false);
    EXPECT_EQ(pair.a.size(), 30U);
    seen.insert(pair.a.begin(), pair.a.end());
  }
  EXPECT_EQ(seen.size(), 50U) << "windows reach every part";
}

TEST(SentencePair, DeclaresWhatItWrites) {
  const auto names = [](const std::string& options) {
    std::vector<std::string> names;
    for (const Field& field :
         build_processor("sentence_pair: {" + options + "}", std::make_shared<FakeTokenizer>())
             ->fields()) {
      names.push_back(field.name);
    }
    return names;
  };
  EXPECT_EQ(names(""), (std::vector<std::string>{"text.ids", "text.segment", "mlm.rows",
                                                 "mlm.labels", "pair.label"}));
  EXPECT_EQ(names("pair: false"),
            (std::vector<std::string>{"text.ids", "text.segment", "mlm.rows", "mlm.labels"}));
  EXPECT_EQ(names("order_swap: 0.5, mask: {rate: 0}"),
            (std::vector<std::string>{"text.ids", "text.segment", "pair.label"}));
  const auto views =
      build_processor("sentence_pair: {length: 77}", std::make_shared<FakeTokenizer>())->views();
  EXPECT_EQ(views.at(0).name, "text");
  EXPECT_EQ(views.at(0).max_length, 77);
}

TEST(SentencePair, NamesAMissingSpecialToken) {
  for (const std::string token : {"[CLS]", "[SEP]", "[MASK]"}) {
    auto tokenizer = std::make_shared<FakeTokenizer>();
    SpecialIds& special = tokenizer->change_special();
    (token == "[CLS]" ? special.cls : token == "[SEP]" ? special.sep : special.mask).reset();
    const auto processor = build_processor("sentence_pair", tokenizer);
    const std::string message = message_of<DataError>(
        [&] { processor->open(std::make_shared<FakeText>(marked_documents(2, 3, 4))); });
    EXPECT_NE(message.find("vocabulary fake.txt has no " + token), std::string::npos) << message;
  }
}

TEST(SentencePair, SaysWhatItExpectsOfAnEmptySource) {
  const auto processor = build_processor("sentence_pair", std::make_shared<FakeTokenizer>());
  const std::string message = message_of<DataError>([&] {
    processor->open(std::make_shared<FakeText>(FakeText::Documents{{}, {{7}}}));
  });
  EXPECT_NE(message.find("corpus/fake"), std::string::npos) << message;
  EXPECT_NE(message.find("gives no sample"), std::string::npos) << message;
}

TEST(SentencePair, NeedsATokenizer) {
  EXPECT_NE(message_of<ConfigError>([] {
              build_processor("sentence_pair", nullptr);
            }).find("needs a `tokenizer`"),
            std::string::npos);
}

TEST(SentencePair, RefusesContradictions) {
  EXPECT_NE(faults_of("processor", "sentence_pair: {random_next: 0.5, order_swap: 0.5}")
                .find("exclude each other"),
            std::string::npos);
  EXPECT_NE(faults_of("processor", "sentence_pair: {pair: false, random_next: 0.5}")
                .find("need `pair: true`"),
            std::string::npos);
  EXPECT_NE(
      faults_of("processor", "sentence_pair: {mask: {keep: 0.6, random: 0.6}}").find("at most 1"),
      std::string::npos);
  EXPECT_EQ(faults_of("processor", "sentence_pair: {random_next: 0, order_swap: 0.5}"), "");
}

}  // namespace tpretrain::testing
