#include "kernels/product.h"

#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

/// A product with its operands; rows are longer than they need to be.
struct Problem {
  Problem(int64_t m, int64_t n, int64_t k, bool a_transposed, bool b_transposed)
      : a(random_floats((a_transposed ? k * (m + 3) : m * (k + 3)), 1)),
        b(random_floats((b_transposed ? n * (k + 5) : k * (n + 5)), 2)),
        c(random_floats(m * (n + 2), 3)) {
    product.m = m;
    product.n = n;
    product.k = k;
    product.a = {a.data(), (a_transposed ? m : k) + 3, a_transposed};
    product.b = {b.data(), (b_transposed ? k : n) + 5, b_transposed};
    product.c_stride = n + 2;
  }

  Floats result(const ProductKernels<float>& table, float alpha, float beta) {
    Floats out = c;
    // What is not written before it is read shows as NaN.
    Floats packed(static_cast<size_t>(packed_size(product.n, product.k)), NAN);
    product.alpha = alpha;
    product.beta = beta;
    product.c = out.data();
    table.multiply(product, packed.data());
    return out;
  }

  Floats a, b, c;
  Product<float> product;
};

TEST(ProductKernels, PlainMatchesHandComputedValues) {
  const Floats a = {1, 2, 3, 4, 5, 6};
  const Floats b = {1, 0, 2, 1, 0, 3};
  Floats c = {10, 20, 30, 40};
  Product<float> product{2, 2, 3, 2, {a.data(), 3}, {b.data(), 2}, 0.5, c.data(), 2};
  plain_product_kernels<float>().multiply(product, nullptr);
  EXPECT_EQ(c, (Floats{2 * 5 + 5, 2 * 11 + 10, 2 * 14 + 15, 2 * 23 + 20}));
  product.beta = 0;
  c.assign(4, NAN);
  plain_product_kernels<float>().multiply(product, nullptr);
  EXPECT_EQ(c, (Floats{10, 22, 28, 46})) << "with beta 0, C is not read";
}

TEST(ProductKernels, FastEqualsOracleBitForBit) {
  const auto plain = plain_product_kernels<float>();
  for (const auto& fast : TP_RUNNABLE(ProductKernels<float>, product_kernels)) {
    for (const bool a_transposed : {false, true}) {
      for (const bool b_transposed : {false, true}) {
        for (const int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 13, 24}) {
          for (const int64_t n : widths()) {
            for (const int64_t k : {1, 7, 8, 9, 48}) {
              Problem problem(m, n, k, a_transposed, b_transposed);
              for (const float beta : {0.0F, 0.75F}) {
                ASSERT_TRUE(
                    same_bits(problem.result(fast, 0.3F, beta), problem.result(plain, 0.3F, beta)))
                    << m << " x " << n << " x " << k << " " << a_transposed << b_transposed;
              }
            }
          }
        }
      }
    }
  }
}

TEST(ProductKernels, NothingToAddUpGivesBetaC) {
  for (const auto& fast : TP_RUNNABLE(ProductKernels<float>, product_kernels)) {
    Problem problem(3, 5, 0, false, false);
    EXPECT_TRUE(same_bits(problem.result(fast, 1, 2),
                          problem.result(plain_product_kernels<float>(), 1, 2)));
  }
}

}  // namespace
}  // namespace tpretrain::kernels
