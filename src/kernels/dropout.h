/// Counter-based dropout of rows. Element e of the row of a token is kept when
///   (word >> 8) * 2^-24 >= p,  word = e % 4 of philox({e / 4, k, ordinal low, ordinal high}, key),
/// where token_key = ordinal << 22 | k. A mask costs about two cycles an element to draw, less than
/// storing and reloading it, so backward draws it again.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace tpretrain::kernels {

constexpr int kTokenBits = 22;  ///< of token_key, for k

struct DropoutRule {
  uint64_t key = 0;
  int32_t threshold = 0;  ///< kept when the top 24 bits of the word are at least this; 0 keeps all
  double scale = 1;       ///< of kept elements: 1 / (1 - p)
};

/// p in [0, 1).
DropoutRule dropout_rule(double p, int64_t key);

template <typename T>
struct DropoutKernels {
  /// y = residual + drop(x + bias) over [rows, cols]; bias [cols] and residual may be null.
  /// y may be x or residual.
  void (*forward)(const DropoutRule& rule, const int64_t* token_key, int64_t rows, int64_t cols,
                  const T* x, const T* bias, const T* residual, T* y);
  /// dx = drop(dy); adds the column sums of dx to dbias [cols] unless that is null. dx may be dy.
  void (*backward)(const DropoutRule& rule, const int64_t* token_key, int64_t rows, int64_t cols,
                   const T* dy, T* dx, T* dbias);
  /// The random words of the elements [4 * first_block, 4 * first_block + count) of one token;
  /// `out` has room for count rounded up to 16.
  void (*words)(uint64_t key, int64_t token_key, uint32_t first_block, int64_t count,
                uint32_t* out);
};

template <typename T>
const DropoutKernels<T>& dropout_kernels();

template <typename T>
DropoutKernels<T> plain_dropout_kernels();

TP_DECLARE_SIMD(DropoutKernels<float>, dropout_kernels)

}  // namespace tpretrain::kernels
