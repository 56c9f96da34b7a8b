#include "kernels/cross_entropy.h"

#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

void expect_same_rows(const std::vector<TileRow<float>>& a, const std::vector<TileRow<float>>& b) {
  for (size_t r = 0; r < a.size(); ++r) {
    EXPECT_EQ(a[r].high, b[r].high) << r;
    EXPECT_NEAR(a[r].total, b[r].total, 1e-5 * b[r].total) << r;
    EXPECT_NEAR(a[r].sum, b[r].sum, 1e-4) << r;
    EXPECT_EQ(a[r].label, b[r].label) << r;
  }
}

TEST(CrossEntropyKernels, FastEqualsOracle) {
  const auto plain = plain_cross_entropy_kernels<float>();
  for (const auto& fast : TP_RUNNABLE(CrossEntropyKernels<float>, cross_entropy_kernels)) {
    for (const double smoothing : {0.0, 0.1}) {
      for (const int64_t cols : widths()) {
        // Labels before, inside (first, last) and behind the tile of classes [100, 100 + cols).
        const std::vector<int64_t> labels = {3, 100, 99 + cols, 100 + cols};
        const Tile tile{4, cols, cols + 2, 100, 300};
        const Floats logits = random_floats(4 * tile.stride, 1, 3);
        const Floats bias = random_floats(cols, 2);
        const Floats lse = {4.0F, 5.0F, 6.0F, 7.0F};
        for (const float* b : {bias.data(), static_cast<const float*>(nullptr)}) {
          std::vector<TileRow<float>> rows[2] = {std::vector<TileRow<float>>(4),
                                                 std::vector<TileRow<float>>(4)};
          Floats grad[2] = {Floats(4 * tile.stride), Floats(4 * tile.stride)};
          Floats db[2] = {Floats(cols, 1.0F), Floats(cols, 1.0F)};
          for (int i = 0; i < 2; ++i) {
            const auto& table = i == 0 ? fast : plain;
            table.forward(tile, logits.data(), b, labels.data(), rows[i].data());
            table.backward(tile, logits.data(), b, labels.data(), lse.data(), smoothing,
                           grad[i].data(), db[i].data());
          }
          expect_same_rows(rows[0], rows[1]);
          // Before the label: nothing, nothing, all but the last class, all classes.
          for (const auto& r : rows) {
            EXPECT_EQ(r[0].before, -std::numeric_limits<float>::infinity());
            EXPECT_EQ(r[1].before, -std::numeric_limits<float>::infinity());
            EXPECT_EQ(r[3].before, r[3].high);
          }
          EXPECT_EQ(rows[0][2].before, rows[1][2].before);
          expect_close(grad[0], grad[1], 2e-6, "grad");
          expect_close(db[0], db[1], 2e-6, "dbias");
        }
      }
    }
  }
}

}  // namespace
}  // namespace tpretrain::kernels
