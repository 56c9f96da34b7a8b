/// Branch-free exp, tanh, erfc and friends over `F`. Polynomials are own minimax fits; errors are
/// relative, over the whole range of float, and tested against double.
#pragma once

#include "kernels/simd.h"

namespace tpretrain::kernels::TP_ISA {

/// 2^n for integral n in [-126, 127], given as floats.
TP_INLINE F power_of_two(F n) {
  return map(
      TP_LAMBDA(Vf p) {
        const Vi bits = (__builtin_convertvector(p, Vi) + 127) << 23;
        return reinterpret_cast<Vf>(bits);
      },
      n);
}

TP_INLINE F nearest_integer(F x) {
  return map(
      TP_LAMBDA(Vf p) {
#if defined(__AVX512F__)
        return reinterpret_cast<Vf>(_mm512_roundscale_ps(p, _MM_FROUND_TO_NEAREST_INT));
#else
        return reinterpret_cast<Vf>(
            _mm256_round_ps(p, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#endif
      },
      x);
}

/// e^x within 1.5e-7; results below the smallest normal number are 0, above the largest infinity.
TP_INLINE F exponential(F x) {
  constexpr float kLow = -87.3365448F;
  constexpr float kHigh = 88.3762589F;  // 2^127.5: one rounding step away from overflow of 2^n
  const F clamped = min(max(x, broadcast(kLow)), broadcast(kHigh));
  const F n = min(nearest_integer(clamped * 1.44269502F), broadcast(127.0F));
  const F r = fma(n, -1.42860677e-6F, fma(n, -0.693145752F, clamped));
  F q = fma(broadcast(0.0013814613F), r, 0.00836870984F);
  q = fma(q, r, 0.0416683874F);
  q = fma(q, r, 0.166665207F);
  q = fma(q, r, 0.499999935F);
  q = fma(q, r * r, r) + 1.0F;
  const F y = q * power_of_two(n);
  const F not_low = select_less(x, broadcast(kLow), broadcast(0), y);
  return select_less(broadcast(kHigh), x, broadcast(kInfinity), not_low);
}

/// 1 / (1 + e^-x).
TP_INLINE F sigmoid(F x) {
  return broadcast(1.0F) / (exponential(-x) + 1.0F);
}

/// log(1 + t) for t in [0, 1] within 2e-7: 2 atanh(w), w = t / (2 + t) <= 1/3, by its series.
TP_INLINE F log_one_plus(F t) {
  const F w = t / (t + 2.0F);
  const F v = w * w;
  F p = fma(broadcast(0.0769230769F), v, 0.0909090909F);
  p = fma(p, v, 0.111111111F);
  p = fma(p, v, 0.142857143F);
  p = fma(p, v, 0.2F);
  p = fma(p, v, 0.333333333F);
  return fma(p * v, w, w) * 2.0F;
}

/// tanh within 3e-7: an odd polynomial near 0, 1 - 2 / (e^2x + 1) elsewhere.
TP_INLINE F hyperbolic_tangent(F x) {
  const F z = x * x;
  F p = fma(broadcast(-0.00546831632F), z, 0.0204152496F);
  p = fma(p, z, -0.0536653043F);
  p = fma(p, z, 0.133304156F);
  p = fma(p, z, -0.333332293F);
  const F small = fma(p * z, x, x);
  const F large = broadcast(1.0F) - broadcast(2.0F) / (exponential(x * 2.0F) + 1.0F);
  return select_less(absolute(x), broadcast(0.65F), small, large);
}

/// Standard normal distribution: `density` = phi(x), returns Phi(x). Uses
/// erfc(z) = t Q(t) e^(-z z), t = 1 / (1 + 0.4 z), so that one exponential serves both.
TP_INLINE F normal_distribution(F x, F* density) {
  const F z = absolute(x) * 0.707106781F;
  const F t = broadcast(1.0F) / fma(z, 0.4F, broadcast(1.0F));
  F q = fma(broadcast(0.0404752385F), t, -0.136495508F);
  q = fma(q, t, 0.0759918031F);
  q = fma(q, t, 0.0972286119F);
  q = fma(q, t, 0.0732681828F);
  q = fma(q, t, 0.196198058F);
  q = fma(q, t, 0.201158656F);
  q = fma(q, t, 0.226546988F);
  q = fma(q, t, 0.225628028F);
  const F gauss = exponential(x * x * -0.5F);
  *density = gauss * 0.398942280F;
  const F half_erfc = q * t * gauss * 0.5F;
  return select_less(x, broadcast(0), half_erfc, broadcast(1.0F) - half_erfc);
}

}  // namespace tpretrain::kernels::TP_ISA
