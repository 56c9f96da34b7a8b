#include "kernels/dropout.h"

#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

constexpr int64_t kToken = (int64_t{0x123456789A} << 22) | 0x2ABCDE;

TEST(DropoutKernels, WordsAreThoseOfTheBlockFunction) {
  std::vector<DropoutKernels<float>> tables = TP_RUNNABLE(DropoutKernels<float>, dropout_kernels);
  tables.push_back(plain_dropout_kernels<float>());
  for (const auto& table : tables) {
    for (const uint32_t first : {0U, 1U, 77U, (900U << 20) + 5}) {
      for (const int64_t count : {1, 4, 16, 19, 64}) {
        std::vector<uint32_t> words(static_cast<size_t>(count) + 16);
        const uint64_t key = 0xFEDCBA9876543210ULL;
        table.words(key, kToken, first, count, words.data());
        for (int64_t i = 0; i < count; ++i) {
          const Counter block =
              philox({first + static_cast<uint32_t>(i / 4), 0x2ABCDE, 0x3456789A, 0x12}, key);
          ASSERT_EQ(words[static_cast<size_t>(i)], block[static_cast<size_t>(i % 4)]) << i;
        }
      }
    }
  }
}

TEST(DropoutKernels, ThresholdIsTheSmallestKeptValue) {
  EXPECT_EQ(dropout_rule(0, 1).threshold, 0);
  EXPECT_EQ(dropout_rule(0.5, 1).threshold, 1 << 23);
  EXPECT_EQ(dropout_rule(0x1p-24, 1).threshold, 1);
  EXPECT_EQ(dropout_rule(0x1p-30, 1).threshold, 1);
  EXPECT_DOUBLE_EQ(dropout_rule(0.2, 1).scale, 1.25);
  EXPECT_EQ(dropout_rule(0.2, -1).key, ~uint64_t{0});
}

TEST(DropoutKernels, FastEqualsOracle) {
  const auto plain = plain_dropout_kernels<float>();
  for (const auto& fast : TP_RUNNABLE(DropoutKernels<float>, dropout_kernels)) {
    for (const double p : {0.0, 0.3}) {
      for (const int64_t cols : widths()) {
        const int64_t rows = 3;
        const std::vector<int64_t> keys = {kToken, 0, (int64_t{1} << 62) + 3};
        const Floats x = random_floats(rows * cols, 1);
        const Floats bias = random_floats(cols, 2);
        const Floats residual = random_floats(rows * cols, 3);
        const DropoutRule rule = dropout_rule(p, 77);
        for (const bool all : {true, false}) {
          Floats y[2] = {Floats(rows * cols), Floats(rows * cols)};
          Floats dx[2] = {Floats(rows * cols), Floats(rows * cols)};
          Floats db[2] = {Floats(cols, 1.0F), Floats(cols, 1.0F)};
          for (int i = 0; i < 2; ++i) {
            const auto& table = i == 0 ? fast : plain;
            table.forward(rule, keys.data(), rows, cols, x.data(), all ? bias.data() : nullptr,
                          all ? residual.data() : nullptr, y[i].data());
            table.backward(rule, keys.data(), rows, cols, residual.data(), dx[i].data(),
                           all ? db[i].data() : nullptr);
          }
          expect_close(y[0], y[1], 1e-6, "y");
          expect_close(dx[0], dx[1], 1e-6, "dx");
          expect_close(db[0], db[1], 1e-6, "dbias");
        }
      }
    }
  }
}

}  // namespace
}  // namespace tpretrain::kernels
