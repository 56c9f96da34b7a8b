#include "tpretrain/data/sampler.h"

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"

namespace tpretrain {

Sampler::Sampler(int64_t count, uint64_t seed)
    : count_(count), key_(hash64(seed, hash64("order"))) {
  if (count <= 0) {
    throw DataError(fmt::format("the data give {} samples, at least 1 is needed", count));
  }
}

SampleId Sampler::at(int64_t ordinal) const {
  if (ordinal < 0 || ordinal >= kMaxOrdinal) {
    throw DataError(
        fmt::format("sample number {} of the run is outside [0, {})", ordinal, kMaxOrdinal),
        "a run may consume at most 2^41 samples");
  }
  const auto epoch = static_cast<uint64_t>(ordinal / count_);
  const auto position = static_cast<uint64_t>(ordinal % count_);
  const KeyedPermutation order(static_cast<uint64_t>(count_), hash64(key_, epoch));
  return {static_cast<int64_t>(order(position)), ordinal};
}

}  // namespace tpretrain
