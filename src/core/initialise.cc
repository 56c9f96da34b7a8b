#include <algorithm>
#include <array>
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/core/parameters.h"

namespace tpretrain {
namespace {

using Four = std::array<float, 4>;

/// Words of elements 4 * block ... 4 * block + 3, attempt `a`: the counter holds both, so that no
/// draw depends on another.
Counter words(uint64_t key, int64_t block, uint32_t attempt) {
  return philox({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), attempt, 0},
                key);
}

/// Four standard normals of four words (Box-Muller, in pairs).
Four normals(const Counter& w) {
  Four out;
  for (size_t pair = 0; pair < 4; pair += 2) {
    const float u = 1.0F - unit_float(w[pair]);  // in (0, 1]
    const float radius = std::sqrt(-2.0F * std::log(u));
    const float angle = 6.283185307179586F * unit_float(w[pair + 1]);
    out[pair] = radius * std::cos(angle);
    out[pair + 1] = radius * std::sin(angle);
  }
  return out;
}

/// An element outside two deviations takes its place in the next attempt of its block.
Four truncated_normals(uint64_t key, int64_t block) {
  Four out = normals(words(key, block, 0));
  for (size_t lane = 0; lane < 4; ++lane) {
    for (uint32_t attempt = 1; std::abs(out[lane]) > 2.0F; ++attempt) {
      out[lane] = normals(words(key, block, attempt))[lane];
    }
  }
  return out;
}

/// Values of elements 4 * block ... 4 * block + 3.
Four draw(const Init& init, uint64_t key, int64_t block) {
  const auto a = static_cast<float>(init.a);
  Four out;
  switch (init.kind) {
    case Init::Kind::kConstant:
      return {a, a, a, a};
    case Init::Kind::kNormal:
      out = normals(words(key, block, 0));
      break;
    case Init::Kind::kTruncatedNormal:
      out = truncated_normals(key, block);
      break;
    case Init::Kind::kUniform: {
      const Counter w = words(key, block, 0);
      for (size_t lane = 0; lane < 4; ++lane) {
        out[lane] = static_cast<float>(init.a + (init.b - init.a) * unit_float(w[lane]));
      }
      return out;
    }
  }
  for (float& value : out) {
    value *= a;
  }
  return out;
}

template <typename T>
void fill(T* out, int64_t size, const Init& init, uint64_t key) {
  at::parallel_for(0, (size + 3) / 4, 1 << 12, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const Four values = draw(init, key, block);
      std::copy_n(values.begin(), std::min<int64_t>(4, size - 4 * block), out + 4 * block);
    }
  });
}

}  // namespace

void initialise(const at::Tensor& out, const Init& init, uint64_t seed, const std::string& name) {
  TP_ASSERT(out.is_contiguous() && out.device().is_cpu());
  const uint64_t key = hash64(hash64(seed, hash64("init")), hash64(name));
  if (out.scalar_type() == at::kDouble) {
    fill(out.data_ptr<double>(), out.numel(), init, key);
  } else {
    fill(out.data_ptr<float>(), out.numel(), init, key);
  }
}

}  // namespace tpretrain
