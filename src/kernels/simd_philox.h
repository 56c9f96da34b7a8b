/// Philox4x32-10 (base/rng.h) for four blocks at a time: each 64-bit lane carries one 32-bit word
/// in its low half, what stands in its high half is never read.
#pragma once

#include "kernels/simd.h"

namespace tpretrain::kernels::TP_ISA {

/// What the draws of one token share: counter words 1 to 3 and the key.
struct PhiloxRow {
  __m256i k, low, high;
  uint64_t key;
};

TP_INLINE PhiloxRow philox_row(uint64_t key, int64_t token_key) {
  const uint64_t token = static_cast<uint64_t>(token_key);
  const uint64_t ordinal = token >> 22;
  return {_mm256_set1_epi64x(static_cast<int64_t>(token & 0x3FFFFF)),
          _mm256_set1_epi64x(static_cast<int64_t>(ordinal & 0xFFFFFFFF)),
          _mm256_set1_epi64x(static_cast<int64_t>(ordinal >> 32)), key};
}

/// The 16 words of blocks `first` ... `first` + 3, in element order.
TP_INLINE I philox16(const PhiloxRow& row, uint32_t first) {
  const __m256i m0 = _mm256_set1_epi64x(0xD2511F53);
  const __m256i m1 = _mm256_set1_epi64x(0xCD9E8D57);
  __m256i x0 = _mm256_add_epi64(_mm256_set1_epi64x(first), _mm256_setr_epi64x(0, 1, 2, 3));
  __m256i x1 = row.k;
  __m256i x2 = row.low;
  __m256i x3 = row.high;
  uint32_t key_low = static_cast<uint32_t>(row.key);
  uint32_t key_high = static_cast<uint32_t>(row.key >> 32);
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const __m256i p0 = _mm256_mul_epu32(x0, m0);
    const __m256i p1 = _mm256_mul_epu32(x2, m1);
    x0 = _mm256_srli_epi64(p1, 32) ^ x1 ^ _mm256_set1_epi64x(key_low);
    x2 = _mm256_srli_epi64(p0, 32) ^ x3 ^ _mm256_set1_epi64x(key_high);
    x1 = p1;
    x3 = p0;
    key_low += 0x9E3779B9;
    key_high += 0xBB67AE85;
  }
  const __m256i words01 = _mm256_blend_epi32(x0, _mm256_slli_epi64(x1, 32), 0xAA);
  const __m256i words23 = _mm256_blend_epi32(x2, _mm256_slli_epi64(x3, 32), 0xAA);
  const __m256i even = _mm256_unpacklo_epi64(words01, words23);  // blocks 0 and 2
  const __m256i odd = _mm256_unpackhi_epi64(words01, words23);   // blocks 1 and 3
  const __m256i low = _mm256_permute2x128_si256(even, odd, 0x20);
  const __m256i high = _mm256_permute2x128_si256(even, odd, 0x31);
#if defined(__AVX512F__)
  return {reinterpret_cast<Vi>(_mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1))};
#else
  return {reinterpret_cast<Vi>(low), reinterpret_cast<Vi>(high)};
#endif
}

/// `scale` where the word keeps its element, 0 elsewhere.
TP_INLINE F dropout_factor(I words, I threshold, F scale) {
  const I top = map(
      TP_LAMBDA(Vi w) {
        return reinterpret_cast<Vi>(
            reinterpret_cast<uint32_t __attribute__((vector_size(kBytes)))>(w) >> 8);
      },
      words);
  return select_less(top, threshold, broadcast(0), scale);
}

}  // namespace tpretrain::kernels::TP_ISA
