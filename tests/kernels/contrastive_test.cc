#include "kernels/contrastive.h"

#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

using Parts = std::vector<PairPart<float>>;
using Bests = std::vector<PairBest<float>>;

void expect_same_best(const PairBest<float>& a, const PairBest<float>& b) {
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(a.index, b.index);
}

void expect_same_parts(const Parts& a, const Parts& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same_best(a[i].best, b[i].best);
    EXPECT_NEAR(a[i].total, b[i].total, 1e-5 * b[i].total);
    EXPECT_NEAR(a[i].sum, b[i].sum, 2e-4);
    EXPECT_EQ(a[i].positive, 0);
  }
}

/// Few levels, so that the greatest score stands in several places.
Floats coarse(Floats values) {
  for (float& value : values) {
    value = std::round(value);
  }
  return values;
}

TEST(ContrastiveKernels, FastReductionsEqualOracle) {
  const auto plain = plain_contrastive_kernels<float>();
  for (const auto& fast : TP_RUNNABLE(ContrastiveKernels<float>, contrastive_kernels)) {
    for (const int64_t cols : widths()) {
      const PairTile tile{37, cols, cols + 3};
      const Floats smooth = random_floats(tile.rows * tile.stride, 1, 3);
      for (const Floats& scores : {smooth, coarse(smooth)}) {
        Parts rows[2] = {Parts(37), Parts(37)};
        Parts columns[2] = {Parts(cols), Parts(cols)};
        Parts pairs[2] = {Parts(37), Parts(37)};
        Bests row_bests(37);
        Bests column_bests(cols);
        for (int i = 0; i < 2; ++i) {
          const auto& table = i == 0 ? fast : plain;
          table.softmax_rows(tile, scores.data(), rows[i].data());
          table.softmax_columns(tile, scores.data(), columns[i].data());
          table.sigmoid_rows(tile, scores.data(), -4.5F, pairs[i].data());
          table.best_of_rows(tile, scores.data(), row_bests.data());
          table.best_of_columns(tile, scores.data(), column_bests.data());
          for (size_t r = 0; r < row_bests.size(); ++r) {
            expect_same_best(row_bests[r], rows[i][r].best);
          }
          for (size_t c = 0; c < column_bests.size(); ++c) {
            expect_same_best(column_bests[c], columns[i][c].best);
          }
        }
        expect_same_parts(rows[0], rows[1]);
        expect_same_parts(columns[0], columns[1]);
        expect_same_parts(pairs[0], pairs[1]);
      }
    }
  }
}

TEST(ContrastiveKernels, FastGradientsEqualOracle) {
  const auto plain = plain_contrastive_kernels<float>();
  for (const auto& fast : TP_RUNNABLE(ContrastiveKernels<float>, contrastive_kernels)) {
    for (const int64_t cols : widths()) {
      const PairTile tile{5, cols, cols + 3};
      const Floats scores = random_floats(tile.rows * tile.stride, 1, 3);
      const Floats row_lse = {4.0F, 5.0F, 6.0F, 7.0F, 8.0F};
      const Floats column_lse(cols, 5.5F);
      for (const float* by_column : {column_lse.data(), static_cast<const float*>(nullptr)}) {
        Floats grad[2] = {scores, scores};
        fast.softmax_gradient(tile, grad[0].data(), row_lse.data(), by_column, 0.01F,
                              grad[0].data());
        plain.softmax_gradient(tile, grad[1].data(), row_lse.data(), by_column, 0.01F,
                               grad[1].data());
        expect_close(grad[0], grad[1], 2e-6, "softmax");
      }
      Floats grad[2] = {scores, scores};
      Floats sums[2] = {Floats(5), Floats(5)};
      fast.sigmoid_gradient(tile, grad[0].data(), 1.5F, grad[0].data(), sums[0].data());
      plain.sigmoid_gradient(tile, grad[1].data(), 1.5F, grad[1].data(), sums[1].data());
      expect_close(grad[0], grad[1], 1e-6, "sigmoid");
      expect_close(sums[0], sums[1], 1e-6, "sums");
    }
  }
}

TEST(ContrastiveKernels, SoftplusIsExactFarFromZero) {
  // One score a row: the total is log(1 + e^z) itself, relative error also where it is tiny.
  const Floats scores = {-80.0F, -30.0F, -5.0F, -1.0F, 0.0F, 1.0F, 5.0F, 30.0F, 80.0F};
  Parts parts(scores.size());
  const auto count = static_cast<int64_t>(scores.size());
  contrastive_kernels<float>().sigmoid_rows({count, 1, 1}, scores.data(), 0, parts.data());
  for (size_t i = 0; i < scores.size(); ++i) {
    const double exact = std::log1p(std::exp(static_cast<double>(scores[i])));
    EXPECT_NEAR(parts[i].total, exact, 4e-7 * exact) << scores[i];
  }
}

}  // namespace
}  // namespace tpretrain::kernels
