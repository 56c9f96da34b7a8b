#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/core/parameters.h"

namespace tpretrain {
namespace {

/// Words of element `i`, attempt `a`: the counter holds both, so that no draw depends on another.
Counter words(uint64_t key, int64_t i, uint32_t attempt) {
  return philox({static_cast<uint32_t>(i), static_cast<uint32_t>(i >> 32), attempt, 0}, key);
}

/// Two standard normals of four words (Box-Muller).
std::pair<float, float> normals(const Counter& w) {
  const float u = 1.0F - unit_float(w[0]);  // in (0, 1]
  const float radius = std::sqrt(-2.0F * std::log(u));
  const float angle = 6.283185307179586F * unit_float(w[1]);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

float truncated(uint64_t key, int64_t i) {
  for (uint32_t attempt = 0;; ++attempt) {
    const auto [first, second] = normals(words(key, i, attempt));
    if (std::abs(first) <= 2.0F) {
      return first;
    }
    if (std::abs(second) <= 2.0F) {
      return second;
    }
  }
}

float draw(const Init& init, uint64_t key, int64_t i) {
  switch (init.kind) {
    case Init::Kind::kConstant:
      return static_cast<float>(init.a);
    case Init::Kind::kNormal:
      return static_cast<float>(init.a) * normals(words(key, i, 0)).first;
    case Init::Kind::kTruncatedNormal:
      return static_cast<float>(init.a) * truncated(key, i);
    case Init::Kind::kUniform:
      return static_cast<float>(init.a + (init.b - init.a) * unit_float(words(key, i, 0)[0]));
  }
  throw InternalError("unknown init");
}

template <typename T>
void fill(T* out, int64_t size, const Init& init, uint64_t key) {
  at::parallel_for(0, size, 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      out[i] = draw(init, key, i);
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
