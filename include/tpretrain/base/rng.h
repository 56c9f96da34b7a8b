/// Counter-based randomness: every draw is a pure function of (seed, stream, sample, element), so
/// a run has no generator state to save. (Salmon et al. 2011, "Parallel random numbers: as easy as
/// 1, 2, 3", Philox4x32-10.)
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tpretrain {

using Counter = std::array<uint32_t, 4>;

/// Philox4x32-10 block function: 4 x 32 random bits of counter and key.
constexpr Counter philox(Counter counter, uint64_t key) {
  uint32_t key_low = static_cast<uint32_t>(key);
  uint32_t key_high = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ key_low, static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ key_high, static_cast<uint32_t>(p0)};
    key_low += 0x9E3779B9;
    key_high += 0xBB67AE85;
  }
  return counter;
}

/// Avalanching 64-bit mix of two words (splitmix64 finaliser over a combination of both).
constexpr uint64_t hash64(uint64_t a, uint64_t b) {
  uint64_t x = a + 0x9E3779B97F4A7C15ULL * (b + 0x632BE59BD9B4E019ULL);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// FNV-1a of a name, mixed: stable over builds and machines.
constexpr uint64_t hash64(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  }
  return hash64(hash, text.size());
}

/// Uniform in [0, 1) from the top 24 bits.
constexpr float unit_float(uint32_t bits) {
  return static_cast<float>(bits >> 8) * 0x1p-24F;
}

/// Sequential draws for one (key, ordinal): what host code such as masking uses. Word i is element
/// i % 4 of the block with counter {i / 4, lane, ordinal low, ordinal high}.
class CounterRng {
 public:
  CounterRng(uint64_t key, uint64_t ordinal, uint32_t lane = 0)
      : key_(key), ordinal_(ordinal), lane_(lane) {}

  uint32_t next();
  uint64_t next64();
  /// Uniform in [0, 1).
  double uniform();
  /// Uniform in [0, bound), without bias (rejection). bound >= 1.
  uint64_t below(uint64_t bound);
  /// Standard normal (Box-Muller; two draws of `uniform` a call).
  double normal();

 private:
  uint64_t key_;
  uint64_t ordinal_;
  uint32_t lane_;
  uint32_t index_ = 0;
  Counter block_{};
};

/// A bijection of [0, size) keyed by `key`: the i-th element of a shuffled order in O(1).
/// (Balanced Feistel network of 8 Philox rounds with cycle walking.)
class KeyedPermutation {
 public:
  KeyedPermutation(uint64_t size, uint64_t key);
  uint64_t operator()(uint64_t index) const;

 private:
  uint64_t size_;
  uint64_t key_;
  int half_bits_;
};

}  // namespace tpretrain
