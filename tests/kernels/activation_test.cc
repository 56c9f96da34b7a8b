#include "kernels/activation.h"

#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

const std::vector<Act> kActs = {Act::kGelu, Act::kGeluTanh, Act::kQuickGelu, Act::kRelu,
                                Act::kSilu, Act::kTanh,     Act::kNone};

TEST(ActivationKernels, FastEqualsOracle) {
  const auto plain = plain_activation_kernels<float>();
  for (const auto& fast : TP_RUNNABLE(ActivationKernels<float>, activation_kernels)) {
    for (const Act act : kActs) {
      for (const int64_t cols : widths()) {
        const int64_t rows = 3;
        const Floats x = random_floats(2 * rows * cols, 1, 2);
        const Floats bias = random_floats(2 * cols, 2);
        const Floats dy = random_floats(rows * cols, 3);
        Floats y[2] = {Floats(rows * cols), Floats(rows * cols)};
        Floats dx[2] = {Floats(2 * rows * cols), Floats(2 * rows * cols)};
        Floats db[2] = {Floats(2 * cols, 1.0F), Floats(2 * cols, 1.0F)};
        for (const float* b : {bias.data(), static_cast<const float*>(nullptr)}) {
          for (int i = 0; i < 2; ++i) {
            const auto& table = i == 0 ? fast : plain;
            table.forward(act, rows, cols, x.data(), b, y[i].data());
            table.backward(act, rows, cols, dy.data(), x.data(), b, dx[i].data(), db[i].data());
          }
          expect_close(y[0], y[1], 1e-6, "y");
          expect_close(dx[0], dx[1], 3e-6, "dx");
          expect_close(db[0], db[1], 3e-6, "dbias");
          for (int i = 0; i < 2; ++i) {
            const auto& table = i == 0 ? fast : plain;
            table.gated_forward(act, rows, cols, x.data(), b, y[i].data());
            table.gated_backward(act, rows, cols, dy.data(), x.data(), b, dx[i].data(),
                                 db[i].data());
          }
          expect_close(y[0], y[1], 1e-6, "gated y");
          expect_close(dx[0], dx[1], 3e-6, "gated dx");
          expect_close(db[0], db[1], 3e-6, "gated dbias");
        }
      }
    }
  }
}

/// Values over a fine grid, against the oracle in double.
TEST(ActivationKernels, FastIsAccurateOverTheWholeRange) {
  const auto exact = plain_activation_kernels<double>();
  for (const auto& fast : TP_RUNNABLE(ActivationKernels<float>, activation_kernels)) {
    for (const Act act : kActs) {
      Floats x;
      for (double v = -20; v <= 20; v += 0.00137) {
        x.push_back(static_cast<float>(v));
      }
      const auto size = static_cast<int64_t>(x.size());
      const std::vector<double> x_exact(x.begin(), x.end());
      Floats y(x.size());
      std::vector<double> y_exact(x.size());
      fast.forward(act, 1, size, x.data(), nullptr, y.data());
      exact.forward(act, 1, size, x_exact.data(), nullptr, y_exact.data());
      for (size_t i = 0; i < x.size(); ++i) {
        // In the left tail the rounding of the exponent counts: 1e-7 of it, x^2 / 2 or (gelu_tanh)
        // 0.0714 |x|^3.
        const double exponent = x[i] < 0 ? x[i] * x[i] * (1 - 0.0714 * x[i]) : 0;
        const double allowed = 5e-7 + 1e-7 * exponent;
        EXPECT_NEAR(y[i], y_exact[i], allowed * std::abs(y_exact[i]) + 1e-37)
            << "activation " << static_cast<int64_t>(act) << " at " << x[i];
      }
    }
  }
}

}  // namespace
}  // namespace tpretrain::kernels
