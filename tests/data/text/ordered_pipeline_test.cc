#include "data/text/ordered_pipeline.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/few_threads.h"

namespace tpretrain::text {
namespace {

using Pipeline = OrderedPipeline<int, int>;

/// Makes later items finish earlier.
void uneven_work(int item) {
  std::this_thread::sleep_for(std::chrono::microseconds(item % 5 == 0 ? 2000 : 20));
}

class OrderedPipelineTest : public ::testing::TestWithParam<int> {
 protected:
  Pipeline::Stages stages(int count) {
    return {[this, count] { return next_ < count ? std::optional(next_++) : std::nullopt; },
            [](const int&) { return 10; },
            [](int&& item, int) {
              uneven_work(item);
              return item * 2;
            },
            [this](int&& item) { seen_.push_back(item); }};
  }

  int next_ = 0;
  std::vector<int> seen_;
};

TEST_P(OrderedPipelineTest, ResultsComeInOrder) {
  Pipeline(stages(200), GetParam(), 50).run();
  ASSERT_EQ(seen_.size(), 200U);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(seen_[static_cast<size_t>(i)], 2 * i);
  }
}

TEST_P(OrderedPipelineTest, NoMoreThanTheBudgetIsUnderWay) {
  std::atomic<int> under_way{0};
  std::atomic<int> most{0};
  auto all = stages(100);
  all.work = [&](int&& item, int) {
    most = std::max(most.load(), ++under_way);
    uneven_work(item);
    return item;
  };
  all.consume = [&](int&&) { --under_way; };
  Pipeline(all, GetParam(), 30).run();
  EXPECT_LE(most.load(), 3);
}

TEST_P(OrderedPipelineTest, AnItemAboveTheBudgetStillPasses) {
  Pipeline(stages(3), GetParam(), 5).run();
  EXPECT_EQ(seen_.size(), 3U);
}

TEST_P(OrderedPipelineTest, TheFirstErrorInOrderIsThrownAfterAllBeforeIt) {
  auto all = stages(100);
  all.work = [](int&& item, int) {
    uneven_work(item);
    if (item == 60 || item == 61) {
      throw std::runtime_error(std::to_string(item));
    }
    return item;
  };
  try {
    Pipeline(all, GetParam(), 400).run();
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "60");
  }
  EXPECT_EQ(seen_.size(), 60U);
}

TEST_P(OrderedPipelineTest, ErrorsOfProducerAndConsumerEndTheRun) {
  auto produce = stages(100);
  produce.produce = [this]() -> std::optional<int> {
    if (next_ == 5) {
      throw std::runtime_error("produce");
    }
    return next_++;
  };
  EXPECT_THROW(Pipeline(produce, GetParam(), 50).run(), std::runtime_error);
  EXPECT_EQ(seen_.size(), 5U);
  auto consume = stages(100);
  consume.consume = [](int&&) { throw std::runtime_error("consume"); };
  EXPECT_THROW(Pipeline(consume, GetParam(), 50).run(), std::runtime_error);
}

TEST(OrderedPipeline, StopsItsThreadsWhenOneCannotBeStarted) {
#if defined(TPRETRAIN_SANITIZED)
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  const ChildResult child = testing::run_with_few_threads([] {
    const Pipeline::Stages endless = {[] { return std::optional(1); },
                                      [](const int&) { return 10; },
                                      [](int&& item, int) { return item; }, [](int&&) {}};
    Pipeline(endless, 63, 50).run();
  });
  EXPECT_EQ(child.status, 7);
  EXPECT_THAT(child.error_text, ::testing::HasSubstr("of 64 cannot be started: "));
}

INSTANTIATE_TEST_SUITE_P(Workers, OrderedPipelineTest, ::testing::Values(1, 2, 7));

}  // namespace
}  // namespace tpretrain::text
