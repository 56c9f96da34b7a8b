/// What the kernel tests share: values drawn from counters, comparisons with the oracle, and the
/// tables of every instruction set that this processor runs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/isa.h"
#include "tpretrain/base/rng.h"

namespace tpretrain::kernels {

using Floats = std::vector<float>;

inline Floats random_floats(int64_t size, uint64_t seed, double scale = 1) {
  CounterRng rng(hash64("kernel test"), seed);
  Floats values(static_cast<size_t>(size));
  for (float& value : values) {
    value = static_cast<float>(rng.normal() * scale);
  }
  return values;
}

/// |a - b| <= relative * max(1, max |b|).
inline void expect_close(const Floats& a, const Floats& b, double relative,
                         const std::string& what = "") {
  ASSERT_EQ(a.size(), b.size());
  double scale = 1;
  for (const float value : b) {
    scale = std::max(scale, std::abs(static_cast<double>(value)));
  }
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(a[i], b[i], relative * scale) << what << " element " << i;
  }
}

inline bool same_bits(const Floats& a, const Floats& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// The fast tables of one op that can run here, oldest set first; empty on other processors.
template <typename Table>
std::vector<Table> runnable(Table (*v3)(), Table (*v4)()) {
  std::vector<Table> tables;
  if (best_isa() >= Isa::kV3) {
    tables.push_back(v3());
  }
  if (best_isa() >= Isa::kV4) {
    tables.push_back(v4());
  }
  return tables;
}

#if defined(__x86_64__)
#define TP_RUNNABLE(Table, name) runnable<Table>(&v3::name, &v4::name)
#else
#define TP_RUNNABLE(Table, name) std::vector<Table>()
#endif

/// Row widths around the vector length of 16.
inline std::vector<int64_t> widths() {
  return {1, 2, 7, 15, 16, 17, 31, 32, 33, 123, 128};
}

}  // namespace tpretrain::kernels
