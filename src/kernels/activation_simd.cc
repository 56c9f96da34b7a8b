#include "kernels/activation.h"
#include "kernels/simd.h"
#include "kernels/simd_math.h"

namespace tpretrain::kernels::TP_ISA {
namespace {

struct Point {
  F value, slope;
};

/// x * sigmoid(a x).
TP_INLINE Point swish(F x, float a) {
  const F s = sigmoid(x * a);
  const F value = x * s;
  return {value, fma(value * a, broadcast(1.0F) - s, s)};
}

/// tanh form of GELU: 1 + tanh(u) = 2 sigmoid(2u).
TP_INLINE Point gelu_tanh(F x) {
  constexpr float kTwoRoots = 1.59576912F;  // 2 sqrt(2 / pi)
  constexpr float kCubic = 0.044715F;
  const F square = x * x;
  const F s = sigmoid(x * fma(square, kTwoRoots * kCubic, broadcast(kTwoRoots)));
  const F value = x * s;
  const F inner = fma(square, 3 * kTwoRoots * kCubic, broadcast(kTwoRoots));
  return {value, fma(value * inner, broadcast(1.0F) - s, s)};
}

template <Act kAct>
TP_INLINE Point evaluate(F x) {
  if constexpr (kAct == Act::kGelu) {
    F density;
    const F phi = normal_distribution(x, &density);
    return {x * phi, fma(x, density, phi)};
  } else if constexpr (kAct == Act::kGeluTanh) {
    return gelu_tanh(x);
  } else if constexpr (kAct == Act::kQuickGelu) {
    return swish(x, 1.702F);
  } else if constexpr (kAct == Act::kRelu) {
    const F zero = broadcast(0);
    return {select_less(zero, x, x, zero), select_less(zero, x, broadcast(1.0F), zero)};
  } else if constexpr (kAct == Act::kSilu) {
    return swish(x, 1.0F);
  } else if constexpr (kAct == Act::kTanh) {
    const F t = hyperbolic_tangent(x);
    return {t, fma(-t, t, broadcast(1.0F))};
  } else {
    return {x, broadcast(1.0F)};
  }
}

/// Calls fn.template operator()<act>().
template <typename Fn>
TP_INLINE void with_activation(Act act, const Fn& fn) {
  switch (act) {
    case Act::kGelu:
      return fn.template operator()<Act::kGelu>();
    case Act::kGeluTanh:
      return fn.template operator()<Act::kGeluTanh>();
    case Act::kQuickGelu:
      return fn.template operator()<Act::kQuickGelu>();
    case Act::kRelu:
      return fn.template operator()<Act::kRelu>();
    case Act::kSilu:
      return fn.template operator()<Act::kSilu>();
    case Act::kTanh:
      return fn.template operator()<Act::kTanh>();
    case Act::kNone:
      return fn.template operator()<Act::kNone>();
  }
}

template <typename Io>
TP_INLINE F biased(Io io, const float* x, const float* bias, int64_t c) {
  return bias == nullptr ? io.load(x + c) : io.load(x + c) + io.load(bias + c);
}

template <typename Io>
TP_INLINE void accumulate(Io io, float* total, F value) {
  if (total != nullptr) {
    io.store(total, io.load(total) + value);
  }
}

void forward(Act act, int64_t rows, int64_t cols, const float* x, const float* bias, float* y) {
  with_activation(act, [&]<Act kAct>() {
    for (int64_t r = 0; r < rows; ++r) {
      const float* x_row = x + r * cols;
      float* y_row = y + r * cols;
      sweep(cols, [&](auto io, int64_t c) TP_BODY {
        io.store(y_row + c, evaluate<kAct>(biased(io, x_row, bias, c)).value);
      });
    }
  });
}

void backward(Act act, int64_t rows, int64_t cols, const float* dy, const float* x,
              const float* bias, float* dx, float* dbias) {
  with_activation(act, [&]<Act kAct>() {
    for (int64_t r = 0; r < rows; ++r) {
      const float* x_row = x + r * cols;
      const float* dy_row = dy + r * cols;
      float* dx_row = dx + r * cols;
      sweep(cols, [&](auto io, int64_t c) TP_BODY {
        const F grad = io.load(dy_row + c) * evaluate<kAct>(biased(io, x_row, bias, c)).slope;
        io.store(dx_row + c, grad);
        accumulate(io, dbias == nullptr ? nullptr : dbias + c, grad);
      });
    }
  });
}

void gated_forward(Act act, int64_t rows, int64_t cols, const float* x, const float* bias,
                   float* y) {
  const float* bias_b = bias == nullptr ? nullptr : bias + cols;
  with_activation(act, [&]<Act kAct>() {
    for (int64_t r = 0; r < rows; ++r) {
      const float* a_row = x + 2 * r * cols;
      float* y_row = y + r * cols;
      sweep(cols, [&](auto io, int64_t c) TP_BODY {
        const F a = evaluate<kAct>(biased(io, a_row, bias, c)).value;
        io.store(y_row + c, a * biased(io, a_row + cols, bias_b, c));
      });
    }
  });
}

void gated_backward(Act act, int64_t rows, int64_t cols, const float* dy, const float* x,
                    const float* bias, float* dx, float* dbias) {
  const float* bias_b = bias == nullptr ? nullptr : bias + cols;
  with_activation(act, [&]<Act kAct>() {
    for (int64_t r = 0; r < rows; ++r) {
      const float* a_row = x + 2 * r * cols;
      const float* dy_row = dy + r * cols;
      float* dx_row = dx + 2 * r * cols;
      sweep(cols, [&](auto io, int64_t c) TP_BODY {
        const Point p = evaluate<kAct>(biased(io, a_row, bias, c));
        const F grad = io.load(dy_row + c);
        const F grad_a = grad * p.slope * biased(io, a_row + cols, bias_b, c);
        const F grad_b = grad * p.value;
        io.store(dx_row + c, grad_a);
        io.store(dx_row + cols + c, grad_b);
        accumulate(io, dbias == nullptr ? nullptr : dbias + c, grad_a);
        accumulate(io, dbias == nullptr ? nullptr : dbias + cols + c, grad_b);
      });
    }
  });
}

}  // namespace

ActivationKernels<float> activation_kernels() {
  return {&forward, &backward, &gated_forward, &gated_backward};
}

}  // namespace tpretrain::kernels::TP_ISA
