#include "ops/blas.h"

#include "ops/op_test.h"

namespace tpretrain::ops::blas_test {

/// Gives the choice back at the end of a test.
struct KeepChoice {
  std::string before = blas_name();

  ~KeepChoice() { select_blas(before); }
};

std::vector<std::string> libraries() {
#if defined(TPRETRAIN_SANITIZED)
  return {"mkl"};
#else
  return {"mkl", "openblas"};
#endif
}

bool available(const std::string& name) {
  try {
    select_blas(name);
    return true;
  } catch (const ConfigError&) {
    return false;
  }
}

TEST(Blas, MultipliesAllFormsOfOperands) {
  const KeepChoice keep;
  for (const std::string& name : libraries()) {
    if (!available(name)) {
      continue;
    }
    SCOPED_TRACE(name);
    for (const bool ta : {false, true}) {
      for (const bool tb : {false, true}) {
        const Tensor a = random_tensor({5, 7}, 1, at::kDouble);
        const Tensor b = random_tensor({7, 3}, 2, at::kDouble);
        const Tensor a_stored = ta ? a.t().contiguous() : a;
        const Tensor b_stored = tb ? b.t().contiguous() : b;
        const Tensor c = random_tensor({5, 4}, 3, at::kDouble);
        const Tensor before = c.clone();
        gemm<double>(5, 3, 7, 2, {a_stored.const_data_ptr<double>(), a_stored.size(1), ta},
                     {b_stored.const_data_ptr<double>(), b_stored.size(1), tb}, 0.5,
                     c.mutable_data_ptr<double>(), 4);
        expect_close(c.slice(1, 0, 3), 2 * at::matmul(a, b) + 0.5 * before.slice(1, 0, 3), 1e-12);
        EXPECT_TRUE(at::equal(c.slice(1, 3, 4), before.slice(1, 3, 4)));
      }
    }
  }
}

TEST(Blas, BitsDoNotDependOnThreadsOfAnyLibrary) {
  const KeepChoice keep;
  const Tensor x = random_tensor({700, 400}, 1);
  const Tensor weight = random_tensor({300, 400}, 2);
  for (const std::string& name : libraries()) {
    if (!available(name)) {
      continue;
    }
    SCOPED_TRACE(name);
    EXPECT_EQ(std::string(blas_name()), name);
    expect_same_bits_for_threads([&] {
      // One block, so that the call is not inside a parallel region: MKL would take threads here.
      const Tensor c = at::empty({700, 300});
      gemm<float>(700, 300, 400, 1, {x.const_data_ptr<float>(), 400},
                  {weight.const_data_ptr<float>(), 400, true}, 0, c.mutable_data_ptr<float>(), 300);
      return Tensors{c, ops::linear(x, weight, {})};
    });
  }
}

TEST(Blas, AutoTakesALibrary) {
  const KeepChoice keep;
  select_blas("auto");
  const std::string name = blas_name();
  EXPECT_TRUE(name == "mkl" || name == "openblas") << name;
}

TEST(Blas, RefusesAnUnknownName) {
  EXPECT_EQ(thrown<ConfigError>([] { select_blas("blis"); }),
            "`blas` must be auto, openblas or mkl, but is 'blis' instead.");
}

}  // namespace tpretrain::ops::blas_test
