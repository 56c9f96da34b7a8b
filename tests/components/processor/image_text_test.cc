#include "tests/components/picture_support.h"

namespace tpretrain::testing {

namespace image_text_test {

using ::testing::HasSubstr;
using Ids = std::vector<int32_t>;

struct Made {
  std::vector<uint8_t> pixels;
  Ids ids;
  int64_t pair = 0;
  std::vector<int32_t> lengths;
};

std::unique_ptr<SampleStream> open(const std::string& options, std::shared_ptr<FakeItems> items,
                                   bool training = true) {
  return picture_processor("image_text: {image: {size: 4}, " + options + "}",
                           std::make_shared<LetterTokenizer>(), training)
      ->open(std::move(items));
}

Made make_caption(const SampleStream& stream, int64_t index, int64_t ordinal = 5) {
  Sample sample;
  stream.make(index, ordinal, sample);
  return {sample.columns.at(0).bytes, values_of<int32_t>(sample.columns.at(1)),
          values_of<int64_t>(sample.columns.at(2)).at(0), sample.lengths.at(0)};
}

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "no error";
}

std::shared_ptr<FakeItems> one_item(std::vector<std::string> captions) {
  return std::make_shared<FakeItems>(std::vector<FakeItems::Entry>{{std::move(captions), {}}});
}

}  // namespace image_text_test

using image_text_test::error_of;
using image_text_test::Ids;
using image_text_test::make_caption;
using image_text_test::one_item;

TEST(ImageTextProcessor, HandComputedSample) {
  const auto stream = image_text_test::open("text: {length: 6}", one_item({"ab c"}));
  const auto made = make_caption(*stream, 0);
  EXPECT_EQ(made.ids, (Ids{6, 10, 11, 12, 7}));
  EXPECT_EQ(made.lengths, (Ids{5}));
  EXPECT_EQ(made.pixels, std::vector<uint8_t>(4 * 4 * 3, 0));
  EXPECT_EQ(made.pair, 0);
}

TEST(ImageTextProcessor, ALongTextKeepsItsEndTokenLast) {
  const auto stream = image_text_test::open("text: {length: 4}", one_item({"abcdefgh"}));
  EXPECT_EQ(make_caption(*stream, 0).ids, (Ids{6, 10, 11, 7}));
  const auto open_end =
      image_text_test::open("text: {length: 4, end: false}", one_item({"abcdefgh"}));
  EXPECT_EQ(make_caption(*open_end, 0).ids, (Ids{6, 10, 11, 12}));
  const auto exact = image_text_test::open("text: {length: 4}", one_item({"ab"}));
  EXPECT_EQ(make_caption(*exact, 0).ids, (Ids{6, 10, 11, 7}));
}

TEST(ImageTextProcessor, PadsToTheLengthWhereAsked) {
  const auto stream =
      image_text_test::open("text: {length: 6, pad: true, begin: false}", one_item({"ab"}));
  EXPECT_EQ(make_caption(*stream, 0).ids, (Ids{10, 11, 7, 0, 0, 0}));
  const auto cut =
      image_text_test::open("text: {length: 3, pad: true, begin: false}", one_item({"abcdef"}));
  EXPECT_EQ(make_caption(*cut, 0).ids, (Ids{10, 11, 7}));
}

TEST(ImageTextProcessor, PutsTheCaptionIntoThePrompt) {
  const auto stream = image_text_test::open("text: {prompt: 'x {} z', length: 9}", one_item({"a"}));
  EXPECT_EQ(make_caption(*stream, 0).ids, (Ids{6, 10 + 23, 10, 10 + 25, 7}));
  EXPECT_THAT(error_of([] { image_text_test::open("text: {prompt: no}", one_item({"a"})); }),
              ::testing::HasSubstr("`prompt` must hold {}"));
}

TEST(ImageTextProcessor, TakesClsAndSepOfAVocabularyWithoutBeginAndEnd) {
  const auto stream =
      picture_processor("image_text: {image: {size: 4}}", std::make_shared<LetterTokenizer>(false))
          ->open(one_item({"a"}));
  EXPECT_EQ(make_caption(*stream, 0).ids, (Ids{2, 10, 3}));
}

TEST(ImageTextProcessor, NamesAMissingToken) {
  auto tokenizer = std::make_shared<LetterTokenizer>(false);
  tokenizer->change_special().sep.reset();
  const auto processor = picture_processor("image_text: {image: {size: 4}}", tokenizer);
  EXPECT_THAT(error_of([&] { processor->open(one_item({"a"})); }),
              ::testing::HasSubstr("letters.txt has no end or [SEP] token"));
}

TEST(ImageTextProcessor, DrawsEachOfSeveralCaptionsAboutEquallyOften) {
  const auto stream = image_text_test::open("caption: draw", one_item({"a", "b", "c"}));
  EXPECT_EQ(stream->count(), 1);
  std::map<int32_t, int> seen;
  for (int64_t ordinal = 0; ordinal < 600; ++ordinal) {
    ++seen[make_caption(*stream, 0, ordinal).ids.at(1)];
  }
  ASSERT_EQ(seen.size(), 3U);
  for (const auto& [id, count] : seen) {
    EXPECT_GT(count, 150) << id;  // 200 +- 11.5
  }
  EXPECT_EQ(make_caption(*stream, 0, 7).ids, make_caption(*stream, 0, 7).ids);
}

TEST(ImageTextProcessor, EachCaptionIsASampleOfItsItem) {
  const auto items = std::make_shared<FakeItems>(
      std::vector<FakeItems::Entry>{{{"a", "b"}, {}}, {{}, {}}, {{"c"}, {}}});
  const auto stream = image_text_test::open("caption: each", items);
  ASSERT_EQ(stream->count(), 3);
  EXPECT_EQ(make_caption(*stream, 0).ids.at(1), 10);
  EXPECT_EQ(make_caption(*stream, 1).ids.at(1), 11);
  EXPECT_EQ(make_caption(*stream, 1).pair, 0);
  EXPECT_EQ(make_caption(*stream, 2).ids.at(1), 12);
  EXPECT_EQ(make_caption(*stream, 2).pair, 2);
  EXPECT_EQ(make_caption(*stream, 2).pixels.at(0), 2);
}

TEST(ImageTextProcessor, FirstTakesTheFirstWhateverTheOrdinal) {
  const auto stream = image_text_test::open("caption: first", one_item({"a", "b", "c"}));
  for (int64_t ordinal = 0; ordinal < 20; ++ordinal) {
    EXPECT_EQ(make_caption(*stream, 0, ordinal).ids.at(1), 10);
  }
}

TEST(ImageTextProcessor, ItemsWithoutACaptionAreCountedAndNamed) {
  auto entries = plain_entries(5);
  entries[1].captions.clear();
  entries[4].captions.clear();
  ::testing::internal::CaptureStderr();
  const auto stream = image_text_test::open("caption: first", std::make_shared<FakeItems>(entries));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              ::testing::HasSubstr("2 of 5 items have no caption, first 'item1', 'item4'"));
  ASSERT_EQ(stream->count(), 3);
  EXPECT_EQ(make_caption(*stream, 1).pair, 2);
  const auto strict = std::make_shared<FakeItems>(entries, std::set<int64_t>{}, BadItems::kError);
  EXPECT_THAT(error_of([&] { image_text_test::open("caption: first", strict); }),
              ::testing::HasSubstr("2 of 5 items have no caption"));
}

TEST(ImageTextProcessor, ADamagedItemGivesWayToTheNext) {
  const auto items = std::make_shared<FakeItems>(plain_entries(6), std::set<int64_t>{2, 3, 5});
  const auto stream = image_text_test::open("caption: first", items);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(make_caption(*stream, 2).pair, 4);
  EXPECT_EQ(make_caption(*stream, 5).pair, 0);
  EXPECT_EQ(make_caption(*stream, 3).pair, 4);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, ::testing::HasSubstr("sample 2 is left out"));
  EXPECT_THAT(log, ::testing::HasSubstr("(3 so far): item 5 is damaged"));
  EXPECT_EQ(log.find("sample 3 is left out", log.find("sample 3 is left out") + 1),
            std::string::npos);
}

TEST(ImageTextProcessor, ADamagedItemEndsTheRunByPolicy) {
  const auto items =
      std::make_shared<FakeItems>(plain_entries(6), std::set<int64_t>{2}, BadItems::kError);
  const auto stream = image_text_test::open("caption: first", items);
  EXPECT_EQ(make_caption(*stream, 1).pair, 1);
  EXPECT_EQ(error_of([&] { make_caption(*stream, 2); }), "item 2 is damaged | ");
}

TEST(ImageTextProcessor, GivesUpAfter64Tries) {
  std::set<int64_t> damaged;
  for (int64_t i = 10; i < 74; ++i) {
    damaged.insert(i);
  }
  const auto stream = image_text_test::open(
      "caption: first", std::make_shared<FakeItems>(plain_entries(100), damaged));
  EXPECT_EQ(make_caption(*stream, 11).pair, 74);
  EXPECT_THAT(error_of([&] { make_caption(*stream, 10); }),
              ::testing::HasSubstr("none of the 64 samples from number 10 on"));
}

TEST(ImageTextProcessor, ACaptionWithoutATokenIsDamage) {
  const auto items =
      std::make_shared<FakeItems>(std::vector<FakeItems::Entry>{{{" "}, {}}, {{"b"}, {}}});
  const auto stream = image_text_test::open("text: {begin: false, end: false}", items);
  EXPECT_EQ(make_caption(*stream, 0).pair, 1);
}

TEST(ImageTextProcessor, SaysWhatItExpectsOfASourceWithoutCaptions) {
  EXPECT_THAT(error_of([] { image_text_test::open("caption: first", one_item({})); }),
              AllOf(::testing::HasSubstr("'pictures' gives no sample"),
                    ::testing::HasSubstr("000017.jpg with 000017.txt")));
}

TEST(ImageTextProcessor, AugmentsInTrainingOnly) {
  const std::string options = "image: {size: 4, augment: {color_jitter: {brightness: 0.9}}}";
  const auto build = [&](bool training) {
    return picture_processor("image_text: {" + options + "}", std::make_shared<LetterTokenizer>(),
                             training)
        ->open(std::make_shared<FakeItems>(plain_entries(101)));
  };
  const auto trained = build(true);
  const auto valid = build(false);
  std::set<uint8_t> values;
  for (int64_t ordinal = 0; ordinal < 8; ++ordinal) {
    values.insert(make_caption(*trained, 100, ordinal).pixels.at(0));
    EXPECT_EQ(make_caption(*valid, 100, ordinal).pixels.at(0), 100);
  }
  EXPECT_GT(values.size(), 4U);
}

}  // namespace tpretrain::testing
