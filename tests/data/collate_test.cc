#include "tpretrain/data/collate.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
std::vector<T> values(const at::Tensor& tensor) {
  const T* data = tensor.const_data_ptr<T>();
  return std::vector<T>(data, data + tensor.numel());
}

template <typename T>
Column column(const std::vector<T>& items) {
  Column column;
  for (const T item : items) {
    column.push(item);
  }
  return column;
}

std::vector<Field> fields() {
  return {{"text.ids", DType::kInt32, FieldForm::kTokens, "", {}},
          {"mlm.rows", DType::kInt32, FieldForm::kRows, "text", {}},
          {"mlm.labels", DType::kInt32, FieldForm::kItems, "", {}},
          {"nsp.label", DType::kInt64, FieldForm::kSample, "", {}},
          {"image.box", DType::kFloat32, FieldForm::kSample, "", {2}}};
}

Collator collator() {
  return Collator(fields(), {{"text", 8}});
}

Sample sample(const std::vector<int32_t>& lengths, const std::vector<int32_t>& ids,
              const std::vector<int32_t>& rows, int64_t label) {
  Sample sample;
  sample.columns = {column(ids), column(rows), column(rows), column<int64_t>({label}),
                    column<float>({0.5F, static_cast<float>(label)})};
  sample.lengths = {lengths};
  return sample;
}

std::string error_of(const Sample& bad) {
  try {
    const std::vector<Sample> samples = {bad};
    collator().collate(samples, std::vector<int64_t>{0});
  } catch (const ShapeError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Collator, PutsOneSequencePerSampleTogether) {
  const std::vector<Sample> samples = {sample({3}, {1, 2, 3}, {0, 2}, 1),
                                       sample({2}, {4, 5}, {1}, 0)};
  const std::vector<int64_t> ordinals = {70, 71};
  const Batch batch = collator().collate(samples, ordinals);
  EXPECT_THAT(values<int32_t>(batch.at("text.ids")), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(values<int32_t>(batch.at("text.offsets")), ElementsAre(0, 3, 5));
  EXPECT_FALSE(batch.has("text.sample"));
  EXPECT_EQ(batch.number("text.max_length"), 3);
  EXPECT_THAT(values<int32_t>(batch.at("mlm.rows")), ElementsAre(0, 2, 4));
  EXPECT_THAT(values<int32_t>(batch.at("mlm.labels")), ElementsAre(0, 2, 1));
  EXPECT_THAT(values<int64_t>(batch.at("nsp.label")), ElementsAre(1, 0));
  EXPECT_THAT(values<int64_t>(batch.at("ordinal")), ElementsAre(70, 71));
  EXPECT_EQ(batch.samples(), 2);
}

TEST(Collator, NamesTheSampleOfPackedSequences) {
  const std::vector<Sample> samples = {sample({2, 1}, {1, 2, 3}, {2}, 0),
                                       sample({1, 3}, {4, 5, 6, 7}, {0, 3}, 0)};
  const Batch batch = collator().collate(samples, std::vector<int64_t>{0, 1});
  EXPECT_THAT(values<int32_t>(batch.at("text.offsets")), ElementsAre(0, 2, 3, 4, 7));
  EXPECT_THAT(values<int32_t>(batch.at("text.sample")), ElementsAre(0, 0, 1, 1));
  // Rows count from the first token of their sample, over all its sequences.
  EXPECT_THAT(values<int32_t>(batch.at("mlm.rows")), ElementsAre(2, 3, 6));
  EXPECT_EQ(batch.number("text.max_length"), 3);
}

TEST(Collator, NamesTheSampleWhenCountsAgreeByChance) {
  const std::vector<Sample> samples = {sample({1, 1}, {1, 2}, {}, 0), sample({}, {}, {}, 0)};
  const Batch batch = collator().collate(samples, std::vector<int64_t>{0, 1});
  EXPECT_THAT(values<int32_t>(batch.at("text.sample")), ElementsAre(0, 0));
}

TEST(Collator, StacksValuesPerSample) {
  const std::vector<Sample> samples = {sample({1}, {1}, {}, 3), sample({1}, {2}, {}, 4)};
  const Batch batch = collator().collate(samples, std::vector<int64_t>{0, 1});
  EXPECT_EQ(batch.at("image.box").sizes(), (std::vector<int64_t>{2, 2}));
  EXPECT_THAT(values<float>(batch.at("image.box")), ElementsAre(0.5F, 3.0F, 0.5F, 4.0F));
  EXPECT_EQ(batch.at("nsp.label").sizes(), (std::vector<int64_t>{2}));
  EXPECT_EQ(batch.at("mlm.rows").sizes(), (std::vector<int64_t>{0}));
}

TEST(Collator, ShiftsWideRowsToo) {
  std::vector<Field> wide = fields();
  wide[1].dtype = DType::kInt64;
  Sample a = sample({2}, {1, 2}, {}, 0);
  Sample b = sample({2}, {3, 4}, {}, 0);
  a.columns[1] = column<int64_t>({1});
  b.columns[1] = column<int64_t>({0, 1});
  a.columns[2] = column<int32_t>({9});
  b.columns[2] = column<int32_t>({8, 7});
  const std::vector<Sample> samples = {a, b};
  const Batch batch = Collator(wide, {{"text", 8}}).collate(samples, std::vector<int64_t>{0, 1});
  EXPECT_THAT(values<int64_t>(batch.at("mlm.rows")), ElementsAre(1, 2, 3));
}

TEST(Collator, RefusesSamplesThatDoNotFitTheirDeclaration) {
  EXPECT_THAT(error_of(sample({3}, {1, 2}, {}, 0)), HasSubstr("`text.ids`"));
  EXPECT_THAT(error_of(sample({2}, {1, 2}, {2}, 0)),
              HasSubstr("must index the 2 tokens of `text` in its sample, but holds 2"));
  EXPECT_THAT(error_of(sample({2}, {1, 2}, {-1}, 0)), HasSubstr("holds -1"));
  EXPECT_THAT(error_of(sample({9}, std::vector<int32_t>(9, 1), {}, 0)),
              HasSubstr("at most 8 tokens, but has 9"));
  EXPECT_THAT(error_of(sample({-1}, {}, {}, 0)), HasSubstr("but has -1"));
  Sample labels = sample({2}, {1, 2}, {0, 1}, 0);
  labels.columns[2] = column<int32_t>({1});
  EXPECT_THAT(error_of(labels), HasSubstr("`mlm.labels` of a sample must have 2 values"));
  Sample box = sample({1}, {1}, {}, 0);
  box.columns[4] = column<float>({1.0F});
  EXPECT_THAT(error_of(box), HasSubstr("`image.box` of a sample must have 2 values"));
  Sample torn = sample({1}, {1}, {}, 0);
  torn.columns[1].bytes.resize(3);
  EXPECT_THAT(error_of(torn), HasSubstr("`mlm.rows`"));
  EXPECT_THAT(error_of(Sample()), HasSubstr("5 columns and 1 views, but has 0 and 0"));
}

TEST(Collator, RefusesASampleTooLongForATokenKey) {
  const int32_t half = 1 << 21;
  const Collator collator({}, {{"text", 0}});
  std::vector<Sample> samples(1);
  samples[0].lengths = {{half, half - 1}};
  EXPECT_NO_THROW(collator.collate(samples, std::vector<int64_t>{0}));
  samples[0].lengths = {{half, half}};
  EXPECT_THROW(collator.collate(samples, std::vector<int64_t>{0}), ShapeError);
}

TEST(Collator, RefusesDeclarationsThatContradictThemselves) {
  const Processor::ViewInfo text = {"text", 8};
  const Field ids = {"text.ids", DType::kInt32, FieldForm::kTokens, "", {}};
  EXPECT_THROW(Collator({ids, ids}, {text}), InternalError);
  EXPECT_THROW(Collator({ids}, {text, text}), InternalError);
  EXPECT_THROW(Collator({ids}, {}), InternalError);
  EXPECT_THROW(Collator({{"ordinal", DType::kInt64, FieldForm::kSample, "", {}}}, {}),
               InternalError);
  EXPECT_THROW(Collator({{"text.offsets", DType::kInt32, FieldForm::kTokens, "", {}}}, {text}),
               InternalError);
  EXPECT_THROW(Collator({{"mlm.rows", DType::kFloat32, FieldForm::kRows, "text", {}}}, {text}),
               InternalError);
}

}  // namespace
}  // namespace tpretrain
