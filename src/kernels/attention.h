/// Softmax of a block of attention scores, with counter dropout, forward and backward. Matrix
/// products are done by the caller. Between forward and backward only the log-sum-exp of each row
/// is kept; probabilities and masks are computed again (docs/math/self_attention.md).
#pragma once

#include <cstdint>

#include "kernels/dropout.h"
#include "kernels/isa.h"

namespace tpretrain::kernels {

/// Rows [0, queries) are consecutive queries of one sequence and one head, columns [0, keys) the
/// first keys of that sequence. `stride` is the distance of rows in every block given.
struct AttentionBlock {
  int64_t queries = 0;
  int64_t keys = 0;
  int64_t stride = 0;
  int64_t first_query = 0;             ///< index of row 0 in its sequence
  bool causal = false;                 ///< row r sees keys [0, first_query + r]
  uint32_t head = 0;                   ///< for dropout: element = head << 22 | k of the key
  const int64_t* token_key = nullptr;  ///< of the first token of the sequence (null: no dropout)
  int64_t lse_stride = 1;              ///< distance of rows in `lse`

  /// Always inlined: sources of several instruction sets include this.
  [[gnu::always_inline]] int64_t visible(int64_t row) const {
    return causal ? first_query + row + 1 : keys;
  }
};

template <typename T>
struct AttentionKernels {
  /// scores -> dropped probabilities, in place (0 where masked); lse [queries] is written.
  /// words: scratch of keys + 32.
  void (*forward)(const AttentionBlock& block, const DropoutRule& rule, T* scores, T* lse,
                  uint32_t* words);
  /// scores -> dropped probabilities; grad: gradient of those -> gradient of the scores. In place.
  /// row: scratch of keys + 16.
  void (*backward)(const AttentionBlock& block, const DropoutRule& rule, T* scores, T* grad,
                   const T* lse, T* row, uint32_t* words);
};

template <typename T>
const AttentionKernels<T>& attention_kernels();

template <typename T>
AttentionKernels<T> plain_attention_kernels();

TP_DECLARE_SIMD(AttentionKernels<float>, attention_kernels)

}  // namespace tpretrain::kernels
