#include "kernels/norm.h"

#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

TEST(NormKernels, FastEqualsOracle) {
  const auto plain = plain_norm_kernels<float>();
  for (const auto& fast : TP_RUNNABLE(NormKernels<float>, norm_kernels)) {
    for (const Norm kind : {Norm::kLayer, Norm::kRms}) {
      for (const int64_t cols : widths()) {
        if (cols == 1) {
          continue;  // the variance of one value is rounding only
        }
        const int64_t rows = 4;
        const Floats x = random_floats(rows * cols, 1);
        const Floats weight = random_floats(cols, 2);
        const Floats bias = random_floats(cols, 3);
        const Floats dy = random_floats(rows * cols, 4);
        const Floats more = random_floats(rows * cols, 5);
        for (const bool all : {true, false}) {
          Floats y[2] = {Floats(rows * cols), Floats(rows * cols)};
          Floats stats[2] = {Floats(rows * 2), Floats(rows * 2)};
          Floats dx[2] = {Floats(rows * cols), Floats(rows * cols)};
          Floats dw[2] = {Floats(cols, 1.0F), Floats(cols, 1.0F)};
          Floats db[2] = {Floats(cols, 2.0F), Floats(cols, 2.0F)};
          for (int i = 0; i < 2; ++i) {
            const auto& table = i == 0 ? fast : plain;
            table.forward(kind, rows, cols, 1e-3, x.data(), weight.data(),
                          all ? bias.data() : nullptr, y[i].data(), stats[i].data());
            table.backward(kind, rows, cols, dy.data(), x.data(), stats[i].data(), weight.data(),
                           all ? more.data() : nullptr, dx[i].data(), all ? dw[i].data() : nullptr,
                           all ? db[i].data() : nullptr);
          }
          expect_close(y[0], y[1], 3e-6, "y");
          expect_close(stats[0], stats[1], 3e-6, "stats");
          expect_close(dx[0], dx[1], 3e-6, "dx");
          expect_close(dw[0], dw[1], 3e-6, "dweight");
          expect_close(db[0], db[1], 3e-6, "dbias");
        }
      }
    }
  }
}

TEST(NormKernels, BackwardMayWriteOverItsInput) {
  const auto& table = norm_kernels<float>();
  const int64_t cols = 37;
  const Floats x = random_floats(2 * cols, 1);
  const Floats weight = random_floats(cols, 2);
  const Floats dy = random_floats(2 * cols, 4);
  Floats y(2 * cols);
  Floats stats(4);
  table.forward(Norm::kLayer, 2, cols, 1e-5, x.data(), weight.data(), nullptr, y.data(),
                stats.data());
  Floats dx(2 * cols);
  Floats in_place = dy;
  table.backward(Norm::kLayer, 2, cols, dy.data(), x.data(), stats.data(), weight.data(), nullptr,
                 dx.data(), nullptr, nullptr);
  table.backward(Norm::kLayer, 2, cols, in_place.data(), x.data(), stats.data(), weight.data(),
                 nullptr, in_place.data(), nullptr, nullptr);
  EXPECT_TRUE(same_bits(dx, in_place));
}

}  // namespace
}  // namespace tpretrain::kernels
