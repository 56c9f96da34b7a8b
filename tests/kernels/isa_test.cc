#include "kernels/isa.h"

#include <gtest/gtest.h>

namespace tpretrain::kernels {
namespace {

int plain() {
  return 0;
}

int v3_table() {
  return 3;
}

int v4_table() {
  return 4;
}

TEST(Isa, TheTableIsThatOfTheBestSet) {
  const int expected = best_isa() == Isa::kV4 ? 4 : best_isa() == Isa::kV3 ? 3 : 0;
  EXPECT_EQ(fastest(&plain, &v3_table, &v4_table), expected);
}

#if defined(__x86_64__)
TEST(Isa, AvxTwoIsNotMissed) {
  EXPECT_EQ(best_isa() >= Isa::kV3,
            static_cast<bool>(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")));
}
#endif

}  // namespace
}  // namespace tpretrain::kernels
