/// Losses over all pairs of queries (rows) and keys (columns), tile by tile: a tile of scores is
/// small enough to stay in cache after the matrix product that made it. Forward reduces it to a few
/// numbers a row and a column, backward turns it into the gradient of the scores, so the matrix of
/// all scores is never in memory (docs/math/contrastive.md). What is special about positive pairs
/// is left to the caller, who knows where the few are.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace tpretrain::kernels {

/// scores [rows, cols] with row distance `stride`; fewer than 2^24 rows and 2^28 columns.
struct PairTile {
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t stride = 0;
};

/// The greatest score of a row or column and where it stands first (index in the tile).
template <typename T>
struct PairBest {
  T value;
  int32_t index;
};

/// What forward keeps of one row or column of one tile.
template <typename T>
struct PairPart {
  PairBest<T> best;
  T total;     ///< softmax: sum of e^(score - best); sigmoid: sum of log(1 + e^score)
  T sum;       ///< softmax: of the scores; sigmoid: 0
  T positive;  ///< sum of the scores of positive pairs: 0 here, filled by the caller
};

template <typename T>
struct ContrastiveKernels {
  /// out [rows], and out [cols].
  void (*best_of_rows)(const PairTile& tile, const T* scores, PairBest<T>* out);
  void (*best_of_columns)(const PairTile& tile, const T* scores, PairBest<T>* out);
  void (*softmax_rows)(const PairTile& tile, const T* scores, PairPart<T>* out);
  void (*softmax_columns)(const PairTile& tile, const T* scores, PairPart<T>* out);
  /// grad (laid out as scores, and may be scores) = e^(score - row_lse[row]) + e^(score -
  /// column_lse[column]) - everywhere; column_lse null: without the second term.
  void (*softmax_gradient)(const PairTile& tile, const T* scores, const T* row_lse,
                           const T* column_lse, T everywhere, T* grad);
  /// Of score + bias.
  void (*sigmoid_rows)(const PairTile& tile, const T* scores, T bias, PairPart<T>* out);
  /// grad = 1 / (1 + e^-(score + bias)), may be scores; row_sums [rows] of it.
  void (*sigmoid_gradient)(const PairTile& tile, const T* scores, T bias, T* grad, T* row_sums);
};

template <typename T>
const ContrastiveKernels<T>& contrastive_kernels();

template <typename T>
ContrastiveKernels<T> plain_contrastive_kernels();

TP_DECLARE_SIMD(ContrastiveKernels<float>, contrastive_kernels)

}  // namespace tpretrain::kernels
