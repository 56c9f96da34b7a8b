#include <immintrin.h>
#include <stdint.h>

#include "kernels/resize_kernels.h"

#define TP_INLINE inline __attribute__((always_inline))

// 256-bit registers in both sets: the sums are integers, so their order does not matter.
namespace tpretrain::kernels::TP_ISA {
namespace {

/// The sums of high and low parts of eight outputs.
struct Sums {
  __m256i high = _mm256_setzero_si256();
  __m256i low = _mm256_setzero_si256();

  /// Adds two taps: `values` are 16-bit pairs, `weights` one pair of kernels/resize_kernels.h.
  TP_INLINE void add(__m256i values, const int16_t* weights) {
    int32_t parts[2];
    __builtin_memcpy(parts, weights, sizeof(parts));
    high = _mm256_add_epi32(high, _mm256_madd_epi16(values, _mm256_set1_epi32(parts[0])));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(values, _mm256_set1_epi32(parts[1])));
  }

  /// Rounded, not yet clamped.
  TP_INLINE __m256i levels() const {
    const __m256i half = _mm256_set1_epi32(1 << (kResizePrecision - 1));
    const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(high, 8), low), half);
    return _mm256_srai_epi32(sum, kResizePrecision);
  }
};

TP_INLINE uint8_t weighted(const uint8_t* source, int64_t step, int64_t count,
                           const int16_t* weights) {
  int32_t sum = 1 << (kResizePrecision - 1);
  for (int64_t k = 0; k < count; ++k) {
    const int16_t* pair = weights + k / 2 * 4;
    sum += source[k * step] * (pair[k % 2] * 256 + pair[2 + k % 2]);
  }
  const int32_t level = sum >> kResizePrecision;
  return static_cast<uint8_t>(level < 0 ? 0 : level > 255 ? 255 : level);
}

TP_INLINE __m256i load_two(const uint8_t* a, const uint8_t* b) {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a))),
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(b)), 1);
}

/// One pixel of two rows. Four pixels are read at a time, 16 bytes of each row.
TP_INLINE __m256i filter_pixel(const uint8_t* a, const uint8_t* b, int64_t count,
                               const int16_t* weights) {
  // Bytes r0 g0 b0 r1 g1 b1 ... to 16-bit pairs (r0, r1), (g0, g1), (b0, b1); -1 gives 0.
  const __m256i front = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
  const __m256i back = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1));
  Sums sums;
  for (int64_t k = 0; k < count; k += 4) {
    const __m256i pixels = load_two(a + 3 * k, b + 3 * k);
    sums.add(_mm256_shuffle_epi8(pixels, front), weights + 2 * k);
    sums.add(_mm256_shuffle_epi8(pixels, back), weights + 2 * k + 4);
  }
  const __m256i levels = sums.levels();
  const __m256i words = _mm256_packs_epi32(levels, levels);
  return _mm256_packus_epi16(words, words);
}

/// The last pixel of a row has three bytes to write to, the others four.
TP_INLINE void store_pixel(__m256i levels, bool last, uint8_t* a, uint8_t* b) {
  const int32_t low = _mm256_extract_epi32(levels, 0);
  const int32_t high = _mm256_extract_epi32(levels, 4);
  if (last) {
    __builtin_memcpy(a, &low, 3);
    __builtin_memcpy(b, &high, 3);
  } else {
    __builtin_memcpy(a, &low, 4);
    __builtin_memcpy(b, &high, 4);
  }
}

void filter_row_plainly(const uint8_t* row, const int32_t* first, const int32_t* count,
                        const int16_t* weights, int64_t taps, int64_t outputs, uint8_t* out) {
  for (int64_t x = 0; x < outputs; ++x) {
    for (int64_t c = 0; c < 3; ++c) {
      *out++ = weighted(row + 3 * first[x] + c, 3, count[x], weights + x * taps * 2);
    }
  }
}

/// How many bytes from a row's begin `filter_pixel` reads for any output.
int64_t bytes_read(const int32_t* first, const int32_t* count, int64_t outputs) {
  int64_t most = 0;
  for (int64_t x = 0; x < outputs; ++x) {
    const int64_t bytes = 3 * (first[x] + (count[x] + 3) / 4 * 4) + 4;
    most = bytes > most ? bytes : most;
  }
  return most;
}

void filter_rows(const uint8_t* source, int64_t rows, int64_t width, int64_t readable,
                 const int32_t* first, const int32_t* count, const int16_t* weights, int64_t taps,
                 int64_t outputs, uint8_t* out) {
  const int64_t reach = bytes_read(first, count, outputs);
  const int64_t stride = 3 * width;
  const int64_t out_stride = 3 * outputs;
  int64_t y = 0;
  for (; y + 1 < rows && (y + 1) * stride + reach <= readable; y += 2) {
    const uint8_t* a = source + y * stride;
    uint8_t* to = out + y * out_stride;
    for (int64_t x = 0; x < outputs; ++x, to += 3) {
      const __m256i levels = filter_pixel(a + 3 * first[x], a + stride + 3 * first[x], count[x],
                                          weights + x * taps * 2);
      store_pixel(levels, x + 1 == outputs, to, to + out_stride);
    }
  }
  for (; y < rows; ++y) {
    filter_row_plainly(source + y * stride, first, count, weights, taps, outputs,
                       out + y * out_stride);
  }
}

/// 16 values of one row. A row without a partner has weight 0 beside it and is paired with itself.
TP_INLINE void filter_block(const uint8_t* source, int64_t stride, int64_t count,
                            const int16_t* weights, uint8_t* out) {
  Sums front;
  Sums back;
  for (int64_t k = 0; k < count; k += 2) {
    const uint8_t* a = source + k * stride;
    const uint8_t* b = k + 1 < count ? a + stride : a;
    const __m128i upper = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a));
    const __m128i lower = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b));
    front.add(_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(upper, lower)), weights + 2 * k);
    back.add(_mm256_cvtepu8_epi16(_mm_unpackhi_epi8(upper, lower)), weights + 2 * k);
  }
  const __m256i mixed = _mm256_packs_epi32(front.levels(), back.levels());
  const __m256i words = _mm256_permute4x64_epi64(mixed, 0b11011000);
  const __m128i packed =
      _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), packed);
}

void filter_column(const uint8_t* source, int64_t stride, int64_t bytes, int64_t count,
                   const int16_t* weights, uint8_t* out) {
  if (bytes < 16) {
    for (int64_t i = 0; i < bytes; ++i) {
      out[i] = weighted(source + i, stride, count, weights);
    }
    return;
  }
  for (int64_t i = 0; i < bytes; i += 16) {
    const int64_t at = i + 16 <= bytes ? i : bytes - 16;  // the last block may overlap
    filter_block(source + at, stride, count, weights, out + at);
  }
}

}  // namespace

ResizeKernels resize_kernels() {
  return {&filter_rows, &filter_column};
}

}  // namespace tpretrain::kernels::TP_ISA
