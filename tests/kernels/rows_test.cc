#include "kernels/rows.h"

#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

TEST(RowKernels, FastEqualsOracle) {
  const auto plain = plain_row_kernels<float>();
  for (const auto& fast : TP_RUNNABLE(RowKernels<float>, row_kernels)) {
    for (const int64_t cols : widths()) {
      const Floats table = random_floats(5 * cols, 1);
      const Floats x = random_floats(4 * cols, 2);
      const std::vector<int64_t> index = {4, 0, 4, 2};
      const std::vector<int64_t> tokens = {0, 2, 3};
      for (const bool add : {false, true}) {
        Floats y[2] = {x, x};
        fast.gather(4, cols, table.data(), index.data(), add, y[0].data());
        plain.gather(4, cols, table.data(), index.data(), add, y[1].data());
        EXPECT_TRUE(same_bits(y[0], y[1]));
      }
      for (const int64_t stride : {int64_t{0}, cols}) {
        Floats y[2] = {x, x};
        fast.add_rows(4, cols, table.data(), stride, y[0].data());
        plain.add_rows(4, cols, table.data(), stride, y[1].data());
        EXPECT_TRUE(same_bits(y[0], y[1]));
      }
      Floats sums[2] = {Floats(cols), Floats(cols)};
      fast.sum_tokens(3, cols, x.data(), tokens.data(), sums[0].data());
      plain.sum_tokens(3, cols, x.data(), tokens.data(), sums[1].data());
      EXPECT_TRUE(same_bits(sums[0], sums[1]));
      fast.column_sums(4, cols, x.data(), sums[0].data());
      plain.column_sums(4, cols, x.data(), sums[1].data());
      EXPECT_TRUE(same_bits(sums[0], sums[1]));
      EXPECT_NEAR(fast.dot(4 * cols, x.data(), table.data()),
                  plain.dot(4 * cols, x.data(), table.data()), 1e-12 * static_cast<double>(cols));
      EXPECT_NEAR(fast.sum_of_squares(4 * cols, x.data()), plain.sum_of_squares(4 * cols, x.data()),
                  1e-12 * static_cast<double>(cols));
      Floats total[2] = {x, x};
      fast.add(4 * cols, table.data(), total[0].data());
      plain.add(4 * cols, table.data(), total[1].data());
      EXPECT_TRUE(same_bits(total[0], total[1]));
      fast.add_scaled(4 * cols, -0.7F, table.data(), total[0].data());
      plain.add_scaled(4 * cols, -0.7F, table.data(), total[1].data());
      expect_close(total[0], total[1], 1e-6, "add_scaled");
      fast.scale(4 * cols, 0.3F, x.data(), total[0].data());
      plain.scale(4 * cols, 0.3F, x.data(), total[1].data());
      EXPECT_TRUE(same_bits(total[0], total[1]));
    }
  }
}

TEST(RowKernels, NoTokensSumToZero) {
  Floats out(20, 9.0F);
  row_kernels<float>().sum_tokens(0, 20, nullptr, nullptr, out.data());
  EXPECT_EQ(out, Floats(20, 0.0F));
}

}  // namespace
}  // namespace tpretrain::kernels
