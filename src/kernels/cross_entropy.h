/// Softmax cross-entropy over tiles of logits: a tile is a range of rows x a range of classes,
/// small enough to stay in cache after the matrix product that made it. Forward reduces a tile to
/// four numbers a row; backward turns it into the gradient of the logits. So the logits cross main
/// memory once in each direction (docs/math/linear_cross_entropy.md).
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace tpretrain::kernels {

/// What forward keeps of one row of one tile; rows of several tiles are combined in class order.
template <typename T>
struct TileRow {
  T high;    ///< greatest logit
  T total;   ///< sum of e^(logit - high)
  T sum;     ///< sum of the logits
  T before;  ///< greatest logit of a class before the label's; -inf where there is none
  T label;   ///< logit of the label, where the tile holds it
};

/// logits [rows, cols] with row distance `stride`; column c is class first_class + c.
struct Tile {
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t stride = 0;
  int64_t first_class = 0;
  int64_t classes = 0;  ///< of the whole problem
};

template <typename T>
struct CrossEntropyKernels {
  /// bias [cols] is that of the tile and may be null; labels [rows]; out [rows].
  void (*forward)(const Tile& tile, const T* logits, const T* bias, const int64_t* labels,
                  TileRow<T>* out);
  /// grad (laid out as logits, and may be logits) = softmax - target, where softmax =
  /// e^(logit - lse) and the target is (1 - smoothing) onehot + smoothing / classes; adds column
  /// sums to dbias unless that is null.
  void (*backward)(const Tile& tile, const T* logits, const T* bias, const int64_t* labels,
                   const T* lse, double smoothing, T* grad, T* dbias);
};

template <typename T>
const CrossEntropyKernels<T>& cross_entropy_kernels();

template <typename T>
CrossEntropyKernels<T> plain_cross_entropy_kernels();

TP_DECLARE_SIMD(CrossEntropyKernels<float>, cross_entropy_kernels)

}  // namespace tpretrain::kernels
