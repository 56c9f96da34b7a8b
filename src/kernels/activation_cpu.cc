#include <cmath>

#include "kernels/activation.h"

namespace tpretrain::kernels {
namespace {

template <typename T>
struct Point {
  T value;
  T slope;
};

/// 1 + tanh(u) = 2 / (1 + e^(-2 u)): no cancellation in the left tail.
template <typename T>
Point<T> gelu_tanh(T x) {
  constexpr T kTwoRoots = static_cast<T>(1.5957691216057307);  // 2 sqrt(2 / pi)
  constexpr T kCubic = static_cast<T>(0.044715);
  const T s = 1 / (1 + std::exp(-kTwoRoots * (x + kCubic * x * x * x)));
  return {x * s, s + x * s * (1 - s) * kTwoRoots * (1 + 3 * kCubic * x * x)};
}

template <typename T>
Point<T> gelu(T x) {
  const T phi = std::erfc(-x * static_cast<T>(0.70710678118654752440)) / 2;
  const T density = std::exp(-x * x / 2) * static_cast<T>(0.39894228040143267794);
  return {x * phi, phi + x * density};
}

/// x * sigmoid(a x).
template <typename T>
Point<T> swish(T x, T a) {
  const T s = 1 / (1 + std::exp(-a * x));
  return {x * s, s + a * x * s * (1 - s)};
}

template <typename T>
Point<T> evaluate(Act act, T x) {
  switch (act) {
    case Act::kGelu:
      return gelu(x);
    case Act::kGeluTanh:
      return gelu_tanh(x);
    case Act::kQuickGelu:
      return swish(x, static_cast<T>(1.702));
    case Act::kRelu:
      return {x > 0 ? x : T{0}, x > 0 ? T{1} : T{0}};
    case Act::kSilu:
      return swish(x, T{1});
    case Act::kTanh: {
      const T t = std::tanh(x);
      return {t, 1 - t * t};
    }
    case Act::kNone:
      break;
  }
  return {x, T{1}};
}

template <typename T>
T at(const T* bias, int64_t c) {
  return bias == nullptr ? T{0} : bias[c];
}

template <typename T>
void forward(Act act, int64_t rows, int64_t cols, const T* x, const T* bias, T* y) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      y[r * cols + c] = evaluate(act, x[r * cols + c] + at(bias, c)).value;
    }
  }
}

template <typename T>
void backward(Act act, int64_t rows, int64_t cols, const T* dy, const T* x, const T* bias, T* dx,
              T* dbias) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      const int64_t i = r * cols + c;
      dx[i] = dy[i] * evaluate(act, x[i] + at(bias, c)).slope;
      if (dbias != nullptr) {
        dbias[c] += dx[i];
      }
    }
  }
}

template <typename T>
void gated_forward(Act act, int64_t rows, int64_t cols, const T* x, const T* bias, T* y) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      const T a = x[2 * r * cols + c] + at(bias, c);
      const T b = x[(2 * r + 1) * cols + c] + at(bias, cols + c);
      y[r * cols + c] = evaluate(act, a).value * b;
    }
  }
}

template <typename T>
void gated_backward(Act act, int64_t rows, int64_t cols, const T* dy, const T* x, const T* bias,
                    T* dx, T* dbias) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      const int64_t i = 2 * r * cols + c;
      const Point<T> p = evaluate(act, x[i] + at(bias, c));
      const T grad = dy[r * cols + c];
      dx[i] = grad * p.slope * (x[i + cols] + at(bias, cols + c));
      dx[i + cols] = grad * p.value;
      if (dbias != nullptr) {
        dbias[c] += dx[i];
        dbias[cols + c] += dx[i + cols];
      }
    }
  }
}

}  // namespace

template <typename T>
ActivationKernels<T> plain_activation_kernels() {
  return {&forward<T>, &backward<T>, &gated_forward<T>, &gated_backward<T>};
}

template ActivationKernels<float> plain_activation_kernels();
template ActivationKernels<double> plain_activation_kernels();

template <>
const ActivationKernels<float>& activation_kernels() {
  static const ActivationKernels<float> table =
      TP_FASTEST(plain_activation_kernels<float>, activation_kernels);
  return table;
}

template <>
const ActivationKernels<double>& activation_kernels() {
  static const ActivationKernels<double> table = plain_activation_kernels<double>();
  return table;
}

}  // namespace tpretrain::kernels
