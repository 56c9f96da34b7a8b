#include "kernels/adamw.h"

#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

const AdamwStep kStep{0.9F, 0.999F, 1e-6F, 0.7F, 1.5F, 20.0F, 1e-2F, 0.1F};

TEST(AdamwKernels, FastEqualsOracle) {
  const auto plain = plain_adamw_kernels();
  for (const auto& fast : TP_RUNNABLE(AdamwKernels, adamw_kernels)) {
    for (const int64_t size : widths()) {
      const Floats grad = random_floats(size, 2);
      Floats p[2] = {random_floats(size, 1), random_floats(size, 1)};
      Floats m[2] = {random_floats(size, 3), random_floats(size, 3)};
      Floats v[2] = {Floats(size, 0.5F), Floats(size, 0.5F)};
      for (int i = 0; i < 2; ++i) {
        (i == 0 ? fast : plain)
            .update(kStep, size, p[i].data(), grad.data(), m[i].data(), v[i].data());
      }
      expect_close(p[0], p[1], 1e-6, "p");
      expect_close(m[0], m[1], 1e-6, "m");
      expect_close(v[0], v[1], 1e-6, "v");
    }
  }
}

TEST(AdamwKernels, AnElementDoesNotFeelItsPlace) {
  for (const auto& fast : TP_RUNNABLE(AdamwKernels, adamw_kernels)) {
    const int64_t size = 100;
    const Floats grad = random_floats(size, 2);
    Floats p = random_floats(size, 1);
    Floats m = random_floats(size, 3);
    Floats v(size, 0.5F);
    Floats p1 = p;
    Floats m1 = m;
    Floats v1 = v;
    fast.update(kStep, size, p.data(), grad.data(), m.data(), v.data());
    for (int64_t i = 0; i < size; ++i) {
      fast.update(kStep, 1, p1.data() + i, grad.data() + i, m1.data() + i, v1.data() + i);
    }
    EXPECT_TRUE(same_bits(p, p1));
    EXPECT_TRUE(same_bits(m, m1));
    EXPECT_TRUE(same_bits(v, v1));
  }
}

}  // namespace
}  // namespace tpretrain::kernels
