#include "kernels/rows.h"

namespace tpretrain::kernels {
namespace {

template <typename T>
void gather(int64_t rows, int64_t cols, const T* table, const int64_t* index, bool add, T* y) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      const T value = table[index[r] * cols + c];
      y[r * cols + c] = add ? y[r * cols + c] + value : value;
    }
  }
}

template <typename T>
void add_rows(int64_t rows, int64_t cols, const T* x, int64_t x_stride, T* y) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      y[r * cols + c] += x[r * x_stride + c];
    }
  }
}

template <typename T>
void sum_tokens(int64_t count, int64_t cols, const T* x, const int64_t* tokens, T* out) {
  for (int64_t c = 0; c < cols; ++c) {
    T total = 0;
    for (int64_t i = 0; i < count; ++i) {
      total += x[tokens[i] * cols + c];
    }
    out[c] = total;
  }
}

template <typename T>
void column_sums(int64_t rows, int64_t cols, const T* x, T* out) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      out[c] += x[r * cols + c];
    }
  }
}

template <typename T>
void add(int64_t size, const T* part, T* total) {
  for (int64_t i = 0; i < size; ++i) {
    total[i] += part[i];
  }
}

template <typename T>
void add_scaled(int64_t size, T factor, const T* part, T* total) {
  for (int64_t i = 0; i < size; ++i) {
    total[i] += factor * part[i];
  }
}

template <typename T>
void scale(int64_t size, T factor, const T* x, T* y) {
  for (int64_t i = 0; i < size; ++i) {
    y[i] = factor * x[i];
  }
}

template <typename T>
double dot(int64_t size, const T* x, const T* y) {
  double total = 0;
  for (int64_t i = 0; i < size; ++i) {
    total += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  }
  return total;
}

template <typename T>
double sum_of_squares(int64_t size, const T* x) {
  return dot(size, x, x);
}

}  // namespace

template <typename T>
RowKernels<T> plain_row_kernels() {
  return {&gather<T>,     &add_rows<T>, &sum_tokens<T>,     &column_sums<T>, &add<T>,
          &add_scaled<T>, &scale<T>,    &sum_of_squares<T>, &dot<T>};
}

template RowKernels<float> plain_row_kernels();
template RowKernels<double> plain_row_kernels();

template <>
const RowKernels<float>& row_kernels() {
  static const RowKernels<float> table = TP_FASTEST(plain_row_kernels<float>, row_kernels);
  return table;
}

template <>
const RowKernels<double>& row_kernels() {
  static const RowKernels<double> table = plain_row_kernels<double>();
  return table;
}

}  // namespace tpretrain::kernels
