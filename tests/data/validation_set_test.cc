#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/fake_stream.h"
#include "tpretrain/data/loader.h"

namespace tpretrain {
namespace {

using testing::FakeStream;

ValidationSet make_set(const ValidationOptions& options, int64_t count = 23) {
  return ValidationSet(std::make_shared<FakeStream>(count), FakeStream::fields(),
                       FakeStream::views(), options);
}

std::vector<int64_t> values(const at::Tensor& tensor) {
  const int64_t* data = tensor.const_data_ptr<int64_t>();
  return std::vector<int64_t>(data, data + tensor.numel());
}

std::vector<std::vector<int64_t>> parts(const ValidationSet& set) {
  std::vector<std::vector<int64_t>> parts;
  set.for_each([&](const Batch& batch) {
    EXPECT_EQ(values(batch.at("index")), values(batch.at("ordinal")));
    parts.push_back(values(batch.at("index")));
  });
  return parts;
}

TEST(ValidationSet, HandsOutTheFirstSamplesInOrderEveryTime) {
  const std::vector<std::vector<int64_t>> expected = {{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}};
  for (const int64_t threads : {0, 1, 3}) {
    const ValidationSet set = make_set({.samples = 10, .micro_batch = 4, .threads = threads});
    EXPECT_EQ(set.samples(), 10);
    EXPECT_EQ(set.micro_batches(), 3);
    EXPECT_EQ(parts(set), expected);
    EXPECT_EQ(parts(set), expected);
    EXPECT_EQ(values(set.at(2).at("index")), expected[2]);
  }
}

TEST(ValidationSet, TakesAllWhenAskedForNoneOrTooMany) {
  EXPECT_EQ(make_set({.micro_batch = 4}).samples(), 23);
  EXPECT_EQ(make_set({.samples = 1000, .micro_batch = 4}).samples(), 23);
}

TEST(ValidationSet, RanksShareTheMicroBatches) {
  const auto whole = parts(make_set({.micro_batch = 4}));
  for (const int64_t world : {2, 4, 9}) {
    std::vector<std::vector<int64_t>> joined;
    for (int64_t rank = 0; rank < world; ++rank) {
      for (auto& part : parts(make_set({.micro_batch = 4, .rank = rank, .world = world}))) {
        joined.push_back(part);
      }
    }
    EXPECT_EQ(joined, whole);
  }
}

TEST(ValidationSet, RefusesEmptyData) {
  try {
    make_set({.micro_batch = 4}, 0);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("give no sample"));
    EXPECT_THAT(error.hint(), ::testing::HasSubstr("expected: text with a sentence a line"));
  }
}

TEST(ValidationSet, SurvivesACallerThatThrows) {
  const ValidationSet set = make_set({.micro_batch = 4, .threads = 2});
  EXPECT_THROW(set.for_each([](const Batch&) { throw std::runtime_error("stop"); }),
               std::runtime_error);
  EXPECT_EQ(parts(set).size(), 6U);
}

}  // namespace
}  // namespace tpretrain
