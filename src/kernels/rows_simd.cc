#include "kernels/rows.h"
#include "kernels/simd.h"

namespace tpretrain::kernels::TP_ISA {
namespace {

void gather(int64_t rows, int64_t cols, const float* table, const int64_t* index, bool add,
            float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* from = table + index[r] * cols;
    float* to = y + r * cols;
    sweep(cols, [&](auto io, int64_t c) TP_BODY {
      const F value = io.load(from + c);
      io.store(to + c, add ? io.load(to + c) + value : value);
    });
  }
}

void add(int64_t size, const float* part, float* total) {
  sweep(size, [&](auto io, int64_t i)
                  TP_BODY { io.store(total + i, io.load(total + i) + io.load(part + i)); });
}

void add_rows(int64_t rows, int64_t cols, const float* x, int64_t x_stride, float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    add(cols, x + r * x_stride, y + r * cols);
  }
}

void sum_tokens(int64_t count, int64_t cols, const float* x, const int64_t* tokens, float* out) {
  sweep(cols, [&](auto io, int64_t c) TP_BODY {
    F total = broadcast(0);
    for (int64_t i = 0; i < count; ++i) {
      total = total + io.load(x + tokens[i] * cols + c);
    }
    io.store(out + c, total);
  });
}

void column_sums(int64_t rows, int64_t cols, const float* x, float* out) {
  sweep(cols, [&](auto io, int64_t c) TP_BODY {
    F total = io.load(out + c);
    for (int64_t r = 0; r < rows; ++r) {
      total = total + io.load(x + r * cols + c);
    }
    io.store(out + c, total);
  });
}

void add_scaled(int64_t size, float factor, const float* part, float* total) {
  sweep(size, [&](auto io, int64_t i) TP_BODY {
    io.store(total + i, fma(io.load(part + i), factor, io.load(total + i)));
  });
}

void scale(int64_t size, float factor, const float* x, float* y) {
  sweep(size, [&](auto io, int64_t i) TP_BODY { io.store(y + i, io.load(x + i) * factor); });
}

TP_INLINE __m256d products(const float* x, const float* y) {
  return _mm256_cvtps_pd(_mm_loadu_ps(x)) * _mm256_cvtps_pd(_mm_loadu_ps(y));
}

double dot(int64_t size, const float* x, const float* y) {
  __m256d even = _mm256_setzero_pd();
  __m256d odd = _mm256_setzero_pd();
  sweep(size, [&](auto io, int64_t i) TP_BODY {
    float p[kLanes];
    float q[kLanes];
    Whole{}.store(p, io.load(x + i));
    Whole{}.store(q, io.load(y + i));
    even = even + products(p, q) + products(p + 8, q + 8);
    odd = odd + products(p + 4, q + 4) + products(p + 12, q + 12);
  });
  const __m256d total = even + odd;
  return (total[0] + total[2]) + (total[1] + total[3]);
}

double sum_of_squares(int64_t size, const float* x) {
  return dot(size, x, x);
}

}  // namespace

RowKernels<float> row_kernels() {
  return {&gather,     &add_rows, &sum_tokens,     &column_sums, &add,
          &add_scaled, &scale,    &sum_of_squares, &dot};
}

}  // namespace tpretrain::kernels::TP_ISA
