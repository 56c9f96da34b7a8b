#include "tpretrain/base/rng.h"

#include <bit>
#include <cmath>
#include <numbers>

#include "tpretrain/base/error.h"

namespace tpretrain {

uint32_t CounterRng::next() {
  const uint32_t lane = index_ % 4;
  if (lane == 0) {
    block_ = philox(
        {index_ / 4, lane_, static_cast<uint32_t>(ordinal_), static_cast<uint32_t>(ordinal_ >> 32)},
        key_);
  }
  ++index_;
  return block_[lane];
}

uint64_t CounterRng::next64() {
  const uint64_t low = next();
  return low | (uint64_t{next()} << 32);
}

double CounterRng::uniform() {
  return static_cast<double>(next64() >> 11) * 0x1p-53;
}

uint64_t CounterRng::below(uint64_t bound) {
  TP_ASSERT(bound >= 1);
  // The largest multiple of `bound` that fits 64 bits, less one: draws above it would favour the
  // small results.
  const uint64_t last = UINT64_MAX - (UINT64_MAX % bound + 1) % bound;
  uint64_t draw = next64();
  while (draw > last) {
    draw = next64();
  }
  return draw % bound;
}

double CounterRng::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

KeyedPermutation::KeyedPermutation(uint64_t size, uint64_t key)
    : size_(size), key_(key), half_bits_(1) {
  const int bits = size <= 1 ? 0 : static_cast<int>(std::bit_width(size - 1));
  half_bits_ = bits <= 2 ? 1 : (bits + 1) / 2;
}

uint64_t KeyedPermutation::operator()(uint64_t index) const {
  TP_ASSERT(index < size_);
  constexpr uint32_t kRounds = 8;
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  // The network permutes [0, 4^half_bits), less than 4 * size (or 4): walking the cycle back into
  // [0, size) takes fewer than four steps on average.
  do {
    uint64_t left = index >> half_bits_;
    uint64_t right = index & mask;
    for (uint32_t round = 0; round < kRounds; ++round) {
      const uint64_t mixed =
          left ^ (philox({static_cast<uint32_t>(right), round, 0, 0}, key_)[0] & mask);
      left = right;
      right = mixed;
    }
    index = left << half_bits_ | right;
  } while (index >= size_);
  return index;
}

}  // namespace tpretrain
