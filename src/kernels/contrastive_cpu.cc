#include <cmath>
#include <limits>

#include "kernels/contrastive.h"

namespace tpretrain::kernels {
namespace {

/// `size` scores `stride` apart.
template <typename T>
PairBest<T> best_of(int64_t size, int64_t stride, const T* scores) {
  PairBest<T> best{-std::numeric_limits<T>::infinity(), 0};
  for (int64_t i = 0; i < size; ++i) {
    if (scores[i * stride] > best.value) {
      best = {scores[i * stride], static_cast<int32_t>(i)};
    }
  }
  return best;
}

template <typename T>
PairPart<T> softmax_part(int64_t size, int64_t stride, const T* scores) {
  PairPart<T> part{best_of(size, stride, scores), 0, 0, 0};
  for (int64_t i = 0; i < size; ++i) {
    part.total += std::exp(scores[i * stride] - part.best.value);
    part.sum += scores[i * stride];
  }
  return part;
}

template <typename T>
void best_of_rows(const PairTile& tile, const T* scores, PairBest<T>* out) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    out[r] = best_of(tile.cols, 1, scores + r * tile.stride);
  }
}

template <typename T>
void best_of_columns(const PairTile& tile, const T* scores, PairBest<T>* out) {
  for (int64_t c = 0; c < tile.cols; ++c) {
    out[c] = best_of(tile.rows, tile.stride, scores + c);
  }
}

template <typename T>
void softmax_rows(const PairTile& tile, const T* scores, PairPart<T>* out) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    out[r] = softmax_part(tile.cols, 1, scores + r * tile.stride);
  }
}

template <typename T>
void softmax_columns(const PairTile& tile, const T* scores, PairPart<T>* out) {
  for (int64_t c = 0; c < tile.cols; ++c) {
    out[c] = softmax_part(tile.rows, tile.stride, scores + c);
  }
}

template <typename T>
void softmax_gradient(const PairTile& tile, const T* scores, const T* row_lse, const T* column_lse,
                      T everywhere, T* grad) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    for (int64_t c = 0; c < tile.cols; ++c) {
      const T score = scores[r * tile.stride + c];
      const T by_column = column_lse == nullptr ? T{0} : std::exp(score - column_lse[c]);
      grad[r * tile.stride + c] = std::exp(score - row_lse[r]) + by_column - everywhere;
    }
  }
}

template <typename T>
void sigmoid_rows(const PairTile& tile, const T* scores, T bias, PairPart<T>* out) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    const T* row = scores + r * tile.stride;
    PairPart<T> part{best_of(tile.cols, 1, row), 0, 0, 0};
    part.best.value += bias;
    for (int64_t c = 0; c < tile.cols; ++c) {
      const T z = row[c] + bias;
      part.total += (z > 0 ? z : T{0}) + std::log1p(std::exp(-std::abs(z)));
    }
    out[r] = part;
  }
}

template <typename T>
void sigmoid_gradient(const PairTile& tile, const T* scores, T bias, T* grad, T* row_sums) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    T sum = 0;
    for (int64_t c = 0; c < tile.cols; ++c) {
      const T p = T{1} / (T{1} + std::exp(-(scores[r * tile.stride + c] + bias)));
      grad[r * tile.stride + c] = p;
      sum += p;
    }
    row_sums[r] = sum;
  }
}

}  // namespace

template <typename T>
ContrastiveKernels<T> plain_contrastive_kernels() {
  return {&best_of_rows<T>,     &best_of_columns<T>, &softmax_rows<T>,    &softmax_columns<T>,
          &softmax_gradient<T>, &sigmoid_rows<T>,    &sigmoid_gradient<T>};
}

template ContrastiveKernels<float> plain_contrastive_kernels();
template ContrastiveKernels<double> plain_contrastive_kernels();

template <>
const ContrastiveKernels<float>& contrastive_kernels() {
  static const ContrastiveKernels<float> table =
      TP_FASTEST(plain_contrastive_kernels<float>, contrastive_kernels);
  return table;
}

template <>
const ContrastiveKernels<double>& contrastive_kernels() {
  static const ContrastiveKernels<double> table = plain_contrastive_kernels<double>();
  return table;
}

}  // namespace tpretrain::kernels
