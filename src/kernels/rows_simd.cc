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

TP_INLINE __m256d squares(__m128 x) {
  const __m256d wide = _mm256_cvtps_pd(x);
  return wide * wide;
}

double sum_of_squares(int64_t size, const float* x) {
  __m256d even = _mm256_setzero_pd();
  __m256d odd = _mm256_setzero_pd();
  sweep(size, [&](auto io, int64_t i) TP_BODY {
    float lanes[kLanes];
    Whole{}.store(lanes, io.load(x + i));
    even = even + squares(_mm_loadu_ps(lanes)) + squares(_mm_loadu_ps(lanes + 8));
    odd = odd + squares(_mm_loadu_ps(lanes + 4)) + squares(_mm_loadu_ps(lanes + 12));
  });
  const __m256d total = even + odd;
  return (total[0] + total[2]) + (total[1] + total[3]);
}

}  // namespace

RowKernels<float> row_kernels() {
  return {&gather, &add_rows, &sum_tokens, &column_sums, &add, &sum_of_squares};
}

}  // namespace tpretrain::kernels::TP_ISA
