#include "tpretrain/data/loader.h"

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/fake_stream.h"
#include "tpretrain/data/collate.h"

namespace tpretrain {
namespace {

using testing::FakeStream;
using ::testing::HasSubstr;

std::unique_ptr<Loader> make_loader(const LoaderOptions& options, int64_t count = 37) {
  return std::make_unique<Loader>(std::make_shared<FakeStream>(count), FakeStream::fields(),
                                  FakeStream::views(), options);
}

template <typename T>
void append(const at::Tensor& tensor, std::vector<int64_t>& out) {
  const T* data = tensor.const_data_ptr<T>();
  out.insert(out.end(), data, data + tensor.numel());
}

/// Everything a step holds, in order.
std::vector<int64_t> contents(const StepBatch& step) {
  std::vector<int64_t> all = {step.step};
  for (const Batch& batch : step.micro_batches) {
    append<int32_t>(batch.at("text.ids"), all);
    append<int32_t>(batch.at("text.offsets"), all);
    append<int64_t>(batch.at("draw"), all);
    append<int64_t>(batch.at("ordinal"), all);
    all.push_back(batch.number("text.max_length"));
  }
  return all;
}

std::vector<int64_t> indices(const StepBatch& step) {
  std::vector<int64_t> all;
  for (const Batch& batch : step.micro_batches) {
    append<int64_t>(batch.at("index"), all);
  }
  return all;
}

TEST(Loader, EqualsDirectComputation) {
  const auto stream = std::make_shared<FakeStream>(37);
  const auto loader = make_loader({.batch = 12, .micro_batch = 3, .seed = 9, .threads = 2});
  const Sampler sampler(37, 9);
  const Collator collator(FakeStream::fields(), FakeStream::views());
  for (int64_t step = 0; step < 8; ++step) {
    StepBatch expected;
    expected.step = step;
    for (int64_t micro = 0; micro < 4; ++micro) {
      std::vector<Sample> samples(3);
      std::vector<int64_t> ordinals;
      for (int64_t i = 0; i < 3; ++i) {
        ordinals.push_back(step * 12 + micro * 3 + i);
        stream->make(sampler.at(ordinals.back()).index, ordinals.back(),
                     samples[static_cast<size_t>(i)]);
      }
      expected.micro_batches.push_back(collator.collate(samples, ordinals));
    }
    EXPECT_EQ(contents(loader->next()), contents(expected));
  }
}

TEST(Loader, GivesTheSameStepsForAnyThreadsQueueAndResumePoint) {
  std::vector<std::vector<int64_t>> expected;
  const auto reference = make_loader({.batch = 8, .micro_batch = 2, .seed = 1, .threads = 0});
  for (int64_t step = 0; step < 20; ++step) {
    expected.push_back(contents(reference->next()));
  }
  for (const int64_t threads : {1, 2, 4}) {
    for (const int64_t prefetch : {1, 3}) {
      for (const int64_t first : {0, 1, 13}) {
        const auto loader = make_loader({.batch = 8,
                                         .micro_batch = 2,
                                         .seed = 1,
                                         .threads = threads,
                                         .prefetch = prefetch,
                                         .first_step = first});
        for (int64_t step = first; step < 20; ++step) {
          EXPECT_EQ(contents(loader->next()), expected[static_cast<size_t>(step)]);
        }
        EXPECT_EQ(contents(loader->next(4)), expected[4]);
        EXPECT_EQ(contents(loader->next()), expected[5]);
      }
    }
  }
}

TEST(Loader, RanksTakeConsecutivePartsOfTheGlobalBatch) {
  const auto whole = make_loader({.batch = 16, .micro_batch = 2, .seed = 3});
  std::vector<std::vector<int64_t>> expected;
  for (int64_t step = 0; step < 6; ++step) {
    expected.push_back(indices(whole->next()));
  }
  for (const int64_t world : {1, 2, 4, 8}) {
    std::vector<std::vector<int64_t>> joined(6);
    for (int64_t rank = 0; rank < world; ++rank) {
      const auto loader =
          make_loader({.batch = 16, .micro_batch = 2, .seed = 3, .rank = rank, .world = world});
      EXPECT_EQ(loader->micro_batches(), 8 / world);
      for (auto& ids : joined) {
        const std::vector<int64_t> mine = indices(loader->next());
        ids.insert(ids.end(), mine.begin(), mine.end());
      }
    }
    EXPECT_EQ(joined, expected);
  }
}

TEST(Loader, CutsOfAStepDoNotChangeItsSamples) {
  const auto one = make_loader({.batch = 16, .micro_batch = 16, .seed = 3});
  const auto many = make_loader({.batch = 16, .micro_batch = 1, .seed = 3});
  for (int64_t step = 0; step < 6; ++step) {
    EXPECT_EQ(indices(one->next()), indices(many->next()));
  }
}

std::string error_of(void (*fail)(), int64_t threads) {
  auto stream = std::make_shared<FakeStream>(37);
  stream->fails[21] = fail;
  const int64_t epoch = 37;
  Loader loader(stream, FakeStream::fields(), FakeStream::views(),
                {.batch = epoch, .micro_batch = 1, .seed = 3, .threads = threads});
  try {
    loader.next();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

TEST(Loader, ErrorsOfTheStreamNameTheirSample) {
  for (const int64_t threads : {0, 1, 3}) {
    const std::string data = error_of([] { throw DataError("the file is damaged"); }, threads);
    EXPECT_THAT(data, HasSubstr("the file is damaged"));
    EXPECT_THAT(data, HasSubstr("sample 21"));
    const std::string other = error_of([] { throw std::out_of_range("vector::at"); }, threads);
    EXPECT_THAT(other, HasSubstr("vector::at"));
    EXPECT_THAT(other, HasSubstr("sample 21"));
  }
}

TEST(Loader, KeepsTheClassOfAnError) {
  auto stream = std::make_shared<FakeStream>(8);
  stream->fails[0] = [] { throw DataError("x"); };
  Loader data(stream, FakeStream::fields(), FakeStream::views(), {.batch = 8, .micro_batch = 4});
  EXPECT_THROW(data.next(), DataError);
  EXPECT_THROW(data.next(), DataError);
  auto memory = std::make_shared<FakeStream>(8);
  memory->fails[0] = [] { throw std::bad_alloc(); };
  Loader full(memory, FakeStream::fields(), FakeStream::views(), {.batch = 8, .micro_batch = 4});
  EXPECT_THROW(full.next(), std::bad_alloc);
}

TEST(Loader, RefusesTooFewSamplesWithCounts) {
  try {
    make_loader({.batch = 16, .micro_batch = 4}, 12);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("12 samples, fewer than one global batch of 16"));
  }
  try {
    make_loader({.batch = 1}, 0);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("give no sample"));
    EXPECT_THAT(error.hint(), HasSubstr("expected: text with a sentence a line"));
  }
  EXPECT_EQ(make_loader({.batch = 16, .micro_batch = 4}, 16)->samples(), 16);
}

TEST(Loader, RefusesSizesThatDoNotDivide) {
  EXPECT_THROW(make_loader({.batch = 16, .micro_batch = 3}), ConfigError);
  EXPECT_THROW(make_loader({.batch = 16, .micro_batch = 32}), ConfigError);
  EXPECT_THROW(make_loader({.batch = 16, .micro_batch = 4, .world = 3}), ConfigError);
  EXPECT_THROW(make_loader({.batch = 16, .micro_batch = 4, .world = 8}), ConfigError);
  EXPECT_THROW(make_loader({.batch = 16, .micro_batch = 4, .rank = 2, .world = 2}), ConfigError);
  EXPECT_THROW(make_loader({.batch = 0, .micro_batch = 1}), ConfigError);
  EXPECT_THROW(make_loader({.batch = 1, .threads = -1}), ConfigError);
  EXPECT_THROW(make_loader({.batch = 1, .prefetch = 0}), ConfigError);
  EXPECT_THROW(make_loader({.batch = 1})->next(-1), ConfigError);
}

TEST(Loader, MakesAheadAndShutsDownWhileFull) {
  const auto stream = std::make_shared<FakeStream>(37);
  {
    Loader loader(stream, FakeStream::fields(), FakeStream::views(),
                  {.batch = 8, .micro_batch = 2, .threads = 2, .prefetch = 3});
    loader.next();
    while (stream->made < 4 * 8) {  // the step taken and three ahead of it
      std::this_thread::yield();
    }
  }
  EXPECT_EQ(stream->made, 4 * 8);
}

}  // namespace
}  // namespace tpretrain
