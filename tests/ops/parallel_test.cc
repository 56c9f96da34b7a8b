#include "ops/parallel.h"

#include <atomic>
#include <fstream>
#include <set>

#include "ops/op_test.h"

namespace tpretrain::ops::parallel_test {

TEST(Blocks, CoverTheirRangeOnce) {
  const Blocks blocks{10, 4};
  ASSERT_EQ(blocks.count(), 3);
  EXPECT_EQ(blocks.begin(2), 8);
  EXPECT_EQ(blocks.end(2), 10);
  EXPECT_EQ(blocks.length(2), 2);
  EXPECT_EQ((Blocks{0, 4}).count(), 0);
}

TEST(ParallelBlocks, VisitsEveryBlockOnceWithAnyNumberOfThreads) {
  const int before = at::get_num_threads();
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    for (const int64_t count : {0, 1, 2, 100}) {
      std::vector<std::atomic<int>> visits(static_cast<size_t>(count));
      parallel_blocks(count, [&](int64_t block) { ++visits[static_cast<size_t>(block)]; });
      for (const auto& n : visits) {
        EXPECT_EQ(n.load(), 1);
      }
    }
  }
  at::set_num_threads(before);
}

TEST(ParallelBlocks, RunsOnSeveralThreads) {
  const int before = at::get_num_threads();
  at::set_num_threads(2);
  std::atomic<int> inside{0};
  std::atomic<bool> together{false};
  parallel_blocks(2, [&](int64_t) {
    ++inside;
    // Both blocks must be open at once; a serial run would wait here until the limit.
    for (int64_t i = 0; i < 2'000'000'000 && inside.load() < 2; ++i) {
    }
    together = inside.load() == 2;
  });
  EXPECT_TRUE(together.load());
  at::set_num_threads(before);
}

TEST(ParallelBlocks, PassesAnErrorOn) {
  EXPECT_THROW(parallel_blocks(5,
                               [](int64_t block) {
                                 if (block == 3) {
                                   throw DataError("block 3");
                                 }
                               }),
               DataError);
}

TEST(PartialSums, AddBlocksInOrder) {
  const PartialSums<float> sums(true, 3, 2, at::TensorOptions(at::kFloat));
  // Rounding depends on the order: (1 + 1e8) - 1e8 = 0, but (-1e8 + 1e8) + 1 = 1.
  const std::vector<float> parts = {1.0F, 1e8F, -1e8F};
  for (int64_t block = 2; block >= 0; --block) {
    float* row = sums.open(block);
    EXPECT_EQ(row[1], 0);
    row[0] += parts[static_cast<size_t>(block)];
    row[1] += static_cast<float>(block);
  }
  EXPECT_TRUE(at::equal(sums.total({2}), at::tensor({0.0F, 3.0F})));
}

TEST(PartialSums, AreAbsentWhenNotWanted) {
  const PartialSums<float> sums(false, 3, 2, at::TensorOptions(at::kFloat));
  EXPECT_EQ(sums.open(0), nullptr);
  EXPECT_FALSE(sums.total({2}).defined());
}

TEST(ParallelBlocks, OneOpenMpRuntimeIsLoaded) {
  parallel_blocks(4, [](int64_t) {});
  std::ifstream maps("/proc/self/maps");
  std::set<std::string> runtimes;
  for (std::string line; std::getline(maps, line);) {
    const size_t slash = line.find('/');
    if (slash != std::string::npos && line.find("omp", line.rfind('/')) != std::string::npos &&
        line.find(".so", line.rfind('/')) != std::string::npos) {
      runtimes.insert(line.substr(slash));
    }
  }
  EXPECT_EQ(runtimes.size(), 1) << testing::PrintToString(runtimes);
}

}  // namespace tpretrain::ops::parallel_test
