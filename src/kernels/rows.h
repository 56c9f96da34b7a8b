/// Sums over rows of a matrix: looking up and adding table rows, adding the gradients of one table
/// row, column sums, and flat sums. All are bound by memory; each value is read once.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace tpretrain::kernels {

template <typename T>
struct RowKernels {
  /// y[r] = table[index[r]] (+ y[r] when `add`) over [rows, cols].
  void (*gather)(int64_t rows, int64_t cols, const T* table, const int64_t* index, bool add, T* y);
  /// y[r] += x[r * x_stride]; x_stride 0 adds the same row to all.
  void (*add_rows)(int64_t rows, int64_t cols, const T* x, int64_t x_stride, T* y);
  /// out [cols] = sum over i, in order, of x[tokens[i]].
  void (*sum_tokens)(int64_t count, int64_t cols, const T* x, const int64_t* tokens, T* out);
  /// out [cols] += column sums of x [rows, cols], row after row.
  void (*column_sums)(int64_t rows, int64_t cols, const T* x, T* out);
  /// total += part.
  void (*add)(int64_t size, const T* part, T* total);
  /// total += factor * part.
  void (*add_scaled)(int64_t size, T factor, const T* part, T* total);
  /// y = factor * x; y may be x.
  void (*scale)(int64_t size, T factor, const T* x, T* y);
  /// Sum of squares in double.
  double (*sum_of_squares)(int64_t size, const T* x);
  /// Sum of products in double.
  double (*dot)(int64_t size, const T* x, const T* y);
};

template <typename T>
const RowKernels<T>& row_kernels();

template <typename T>
RowKernels<T> plain_row_kernels();

TP_DECLARE_SIMD(RowKernels<float>, row_kernels)

}  // namespace tpretrain::kernels
