#include <cmath>

#include "kernels/dropout.h"
#include "tpretrain/base/rng.h"

namespace tpretrain::kernels {
namespace {

void words(uint64_t key, int64_t token_key, uint32_t first_block, int64_t count, uint32_t* out) {
  const auto token = static_cast<uint64_t>(token_key);
  const uint64_t ordinal = token >> kTokenBits;
  const auto k = static_cast<uint32_t>(token & ((1U << kTokenBits) - 1));
  for (int64_t i = 0; i < count; i += 4) {
    const Counter block =
        philox({first_block + static_cast<uint32_t>(i / 4), k, static_cast<uint32_t>(ordinal),
                static_cast<uint32_t>(ordinal >> 32)},
               key);
    for (int64_t j = i; j < i + 4 && j < count; ++j) {
      out[j] = block[j - i];
    }
  }
}

/// Calls body(column, factor) for each column of a row, factor = 0 or rule.scale.
template <typename T, typename Body>
void for_each_factor(const DropoutRule& rule, int64_t token_key, int64_t cols, const Body& body) {
  uint32_t block[4];
  for (int64_t c = 0; c < cols; ++c) {
    if (rule.threshold == 0) {
      body(c, T{1});
      continue;
    }
    if (c % 4 == 0) {
      words(rule.key, token_key, static_cast<uint32_t>(c / 4), 4, block);
    }
    const bool keep = static_cast<int32_t>(block[c % 4] >> 8) >= rule.threshold;
    body(c, keep ? static_cast<T>(rule.scale) : T{0});
  }
}

template <typename T>
void forward(const DropoutRule& rule, const int64_t* token_key, int64_t rows, int64_t cols,
             const T* x, const T* bias, const T* residual, T* y) {
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t token = rule.threshold == 0 ? 0 : token_key[r];
    for_each_factor<T>(rule, token, cols, [&](int64_t c, T factor) {
      const int64_t i = r * cols + c;
      const T value = (x[i] + (bias == nullptr ? T{0} : bias[c])) * factor;
      y[i] = residual == nullptr ? value : residual[i] + value;
    });
  }
}

template <typename T>
void backward(const DropoutRule& rule, const int64_t* token_key, int64_t rows, int64_t cols,
              const T* dy, T* dx, T* dbias) {
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t token = rule.threshold == 0 ? 0 : token_key[r];
    for_each_factor<T>(rule, token, cols, [&](int64_t c, T factor) {
      const T value = dy[r * cols + c] * factor;
      dx[r * cols + c] = value;
      if (dbias != nullptr) {
        dbias[c] += value;
      }
    });
  }
}

}  // namespace

DropoutRule dropout_rule(double p, int64_t key) {
  return {static_cast<uint64_t>(key), static_cast<int32_t>(std::ceil(p * 0x1p24)), 1 / (1 - p)};
}

template <typename T>
DropoutKernels<T> plain_dropout_kernels() {
  return {&forward<T>, &backward<T>, &words};
}

template DropoutKernels<float> plain_dropout_kernels();
template DropoutKernels<double> plain_dropout_kernels();

template <>
const DropoutKernels<float>& dropout_kernels() {
  static const DropoutKernels<float> table =
      TP_FASTEST(plain_dropout_kernels<float>, dropout_kernels);
  return table;
}

template <>
const DropoutKernels<double>& dropout_kernels() {
  static const DropoutKernels<double> table = plain_dropout_kernels<double>();
  return table;
}

}  // namespace tpretrain::kernels
