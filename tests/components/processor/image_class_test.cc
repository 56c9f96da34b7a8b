#include "tests/components/picture_support.h"

namespace tpretrain::testing {

namespace image_class_test {

std::unique_ptr<SampleStream> open(std::vector<FakeItems::Entry> entries,
                                   std::set<int64_t> damaged = {},
                                   BadItems policy = BadItems::kSkip) {
  return picture_processor("image_class: {image: {size: 4}}")
      ->open(std::make_shared<FakeItems>(std::move(entries), std::move(damaged), policy));
}

int64_t label_of(const SampleStream& stream, int64_t index) {
  Sample sample;
  stream.make(index, 3, sample);
  return values_of<int64_t>(sample.columns.at(1)).at(0);
}

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "no error";
}

}  // namespace image_class_test

TEST(ImageClassProcessor, HandComputedSample) {
  const auto stream = image_class_test::open({{{}, 5}, {{}, 9}});
  ASSERT_EQ(stream->count(), 2);
  Sample sample;
  stream->make(1, 3, sample);
  EXPECT_EQ(sample.columns.at(0).bytes, std::vector<uint8_t>(4 * 4 * 3, 1));
  EXPECT_EQ(values_of<int64_t>(sample.columns.at(1)), std::vector<int64_t>{9});
  EXPECT_TRUE(sample.lengths.empty());
}

TEST(ImageClassProcessor, DeclaresWhatItWrites) {
  const auto fields = picture_processor("image_class: {image: {size: 7}}")->fields();
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].name, "image.pixels");
  EXPECT_EQ(fields[0].shape, (std::vector<int64_t>{7, 7, 3}));
  EXPECT_EQ(fields[1].name, "class.label");
  EXPECT_EQ(fields[1].dtype, DType::kInt64);
}

TEST(ImageClassProcessor, AnItemWithoutAClassGivesWayToTheNext) {
  auto entries = plain_entries(4);
  entries[1].label.reset();
  entries[2].label = -1;
  const auto stream = image_class_test::open(entries);
  EXPECT_EQ(image_class_test::label_of(*stream, 1), 0);  // of item 3
  EXPECT_EQ(image_class_test::label_of(*stream, 0), 0);
  const auto strict = image_class_test::open(entries, {}, BadItems::kError);
  EXPECT_THAT(image_class_test::error_of([&] { image_class_test::label_of(*strict, 1); }),
              ::testing::HasSubstr("the item 'item1' has no class"));
}

TEST(ImageClassProcessor, RefusesASourceWithoutClasses) {
  EXPECT_THAT(image_class_test::error_of([] {
                image_class_test::open({{{"a"}, {}}, {{"b"}, {}}});
              }),
              AllOf(::testing::HasSubstr("none of its first 2 items has a class"),
                    ::testing::HasSubstr("a sub-folder for each class")));
}

TEST(ImageClassProcessor, LooksPastDamagedItemsForAClass) {
  EXPECT_EQ(image_class_test::open(plain_entries(5), {0, 1})->count(), 5);
}

}  // namespace tpretrain::testing
