/// Sixteen floats at a time, for `*_simd.cc` only: one AVX-512 register, or two AVX2 registers, so
/// that both sets do the same operations in the same order and give the same bits. Fused
/// multiply-adds are written out; the sources are compiled without contraction. Rows whose length
/// is no multiple of 16 end in a padded vector that runs the same instructions.
///
/// Included by sources that are compiled for a newer processor than the rest of the library:
/// nothing here may come from the standard library, whose inline functions the linker would share.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#if !defined(TP_ISA)
#error "define TP_ISA as v3 or v4"
#endif
#define TP_INLINE inline __attribute__((always_inline))

namespace tpretrain::kernels::TP_ISA {

constexpr int64_t kLanes = 16;
constexpr float kInfinity = __builtin_inff();

#if defined(__AVX512F__)

constexpr int kBytes = 64;

#else

constexpr int kBytes = 32;

#endif

using Vf = float __attribute__((vector_size(kBytes)));
using Vi = int32_t __attribute__((vector_size(kBytes)));
using VfUnaligned = float __attribute__((vector_size(kBytes), aligned(4), may_alias));
using ViUnaligned = int32_t __attribute__((vector_size(kBytes), aligned(4), may_alias));

/// 16 lanes of V.
template <typename V>
struct Wide {
#if defined(__AVX512F__)
  V a;
#else
  V a, b;
#endif
};

using F = Wide<Vf>;
using I = Wide<Vi>;

/// Applies `fn` to each register of the operands.
template <typename Fn, typename First, typename... Rest>
TP_INLINE auto map(Fn fn, const First& first, const Rest&... rest) {
#if defined(__AVX512F__)
  return Wide<decltype(fn(first.a, rest.a...))>{fn(first.a, rest.a...)};
#else
  return Wide<decltype(fn(first.a, rest.a...))>{fn(first.a, rest.a...), fn(first.b, rest.b...)};
#endif
}

#define TP_LAMBDA(...) [](__VA_ARGS__) __attribute__((always_inline))

TP_INLINE F broadcast(float x) {
  // Not `Vf{} + x`, which the compiler must add up, for the sign of zero.
#if defined(__AVX512F__)
  return {_mm512_set1_ps(x)};
#else
  return {_mm256_set1_ps(x), _mm256_set1_ps(x)};
#endif
}

TP_INLINE I broadcast_int(int32_t x) {
#if defined(__AVX512F__)
  return {Vi{} + x};
#else
  return {Vi{} + x, Vi{} + x};
#endif
}

TP_INLINE F operator+(F x, F y) {
  return map(
      TP_LAMBDA(Vf p, Vf q) { return p + q; }, x, y);
}

TP_INLINE F operator-(F x, F y) {
  return map(
      TP_LAMBDA(Vf p, Vf q) { return p - q; }, x, y);
}

TP_INLINE F operator*(F x, F y) {
  return map(
      TP_LAMBDA(Vf p, Vf q) { return p * q; }, x, y);
}

TP_INLINE F operator/(F x, F y) {
  return map(
      TP_LAMBDA(Vf p, Vf q) { return p / q; }, x, y);
}

TP_INLINE F operator-(F x) {
  return map(
      TP_LAMBDA(Vf p) { return -p; }, x);
}

TP_INLINE F operator+(F x, float y) {
  return x + broadcast(y);
}

TP_INLINE F operator-(F x, float y) {
  return x - broadcast(y);
}

TP_INLINE F operator*(F x, float y) {
  return x * broadcast(y);
}

/// x * y + z in one rounding.
TP_INLINE F fma(F x, F y, F z) {
  return map(
      TP_LAMBDA(Vf p, Vf q, Vf r) {
#if defined(__AVX512F__)
        return reinterpret_cast<Vf>(_mm512_fmadd_ps(p, q, r));
#else
        return reinterpret_cast<Vf>(_mm256_fmadd_ps(p, q, r));
#endif
      },
      x, y, z);
}

TP_INLINE F fma(F x, F y, float z) {
  return fma(x, y, broadcast(z));
}

TP_INLINE F fma(F x, float y, F z) {
  return fma(x, broadcast(y), z);
}

/// x < y ? p : q, lane by lane; a NaN compares false.
TP_INLINE F select_less(F x, F y, F p, F q) {
  return map(
      TP_LAMBDA(Vf a, Vf b, Vf c, Vf d) { return a < b ? c : d; }, x, y, p, q);
}

TP_INLINE F select_less(I x, I y, F p, F q) {
  return map(
      TP_LAMBDA(Vi a, Vi b, Vf c, Vf d) { return a < b ? c : d; }, x, y, p, q);
}

/// NaN in x stays.
TP_INLINE F max(F x, F y) {
  return select_less(x, y, y, x);
}

TP_INLINE F min(F x, F y) {
  return select_less(y, x, y, x);
}

TP_INLINE F absolute(F x) {
  return max(x, -x);
}

TP_INLINE F square_root(F x) {
  return map(
      TP_LAMBDA(Vf p) {
#if defined(__AVX512F__)
        return reinterpret_cast<Vf>(_mm512_sqrt_ps(p));
#else
        return reinterpret_cast<Vf>(_mm256_sqrt_ps(p));
#endif
      },
      x);
}

/// Lanes added in a fixed tree: 16 -> 8 -> 4 -> 2 -> 1.
TP_INLINE __m256 halves_sum(F x) {
#if defined(__AVX512F__)
  return _mm512_castps512_ps256(x.a) + _mm512_extractf32x8_ps(x.a, 1);
#else
  return x.a + x.b;
#endif
}

TP_INLINE float sum(F x) {
  const __m256 eight = halves_sum(x);
  const __m128 four = _mm256_castps256_ps128(eight) + _mm256_extractf128_ps(eight, 1);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

TP_INLINE float highest(F x) {
  float best = x.a[0];
  float lanes[kLanes];
  __builtin_memcpy(lanes, &x, sizeof lanes);
  for (int64_t i = 1; i < kLanes; ++i) {
    best = best < lanes[i] ? lanes[i] : best;
  }
  return best;
}

/// 16 elements of a row.
struct Whole {
  TP_INLINE F load(const float* p) const {
    F x;
    x.a = *reinterpret_cast<const VfUnaligned*>(p);
#if !defined(__AVX512F__)
    x.b = *reinterpret_cast<const VfUnaligned*>(p + 8);
#endif
    return x;
  }

  TP_INLINE F load(const float* p, float) const {
    return load(p);
  }

  TP_INLINE I load(const uint32_t* p) const {
    I x;
    x.a = *reinterpret_cast<const ViUnaligned*>(p);
#if !defined(__AVX512F__)
    x.b = *reinterpret_cast<const ViUnaligned*>(p + 8);
#endif
    return x;
  }

  TP_INLINE void store(float* p, F x) const {
    *reinterpret_cast<VfUnaligned*>(p) = x.a;
#if !defined(__AVX512F__)
    *reinterpret_cast<VfUnaligned*>(p + 8) = x.b;
#endif
  }
};

/// The last `count` < 16 elements of a row; lanes behind them read `fill` and are not written.
struct Tail {
  int64_t count;

  TP_INLINE F load(const float* p, float fill = 0) const {
    float lanes[kLanes];
    for (int64_t i = 0; i < kLanes; ++i) {
      lanes[i] = i < count ? p[i] : fill;
    }
    return Whole{}.load(lanes);
  }

  TP_INLINE I load(const uint32_t* p) const {
    uint32_t lanes[kLanes] = {};
    for (int64_t i = 0; i < count; ++i) {
      lanes[i] = p[i];
    }
    return Whole{}.load(lanes);
  }

  TP_INLINE void store(float* p, F x) const {
    float lanes[kLanes];
    Whole{}.store(lanes, x);
    for (int64_t i = 0; i < count; ++i) {
      p[i] = lanes[i];
    }
  }
};

/// Calls body(io, i) for i = 0, 16, ... with `io` a Whole, and once more with a Tail for the rest.
template <typename Body>
TP_INLINE void sweep(int64_t size, const Body& body) {
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    body(Whole{}, i);
  }
  if (i < size) {
    body(Tail{size - i}, i);
  }
}

/// Marks the bodies given to `sweep`.
#define TP_BODY __attribute__((always_inline))

}  // namespace tpretrain::kernels::TP_ISA
