#include "kernels/product.h"
#include "kernels/simd.h"

namespace tpretrain::kernels::TP_ISA {
namespace {

// A tile of C, kRows x kPanel, stays in registers while k runs: 12 of the 16 of AVX2, 16 of the 32
// of AVX-512.
#if defined(__AVX512F__)
constexpr int kRows = 8;
constexpr int kVectors = 2;
#else
constexpr int kRows = 6;
constexpr int kVectors = 1;
#endif
constexpr int64_t kPanel = kVectors * kLanes;
constexpr int64_t kBlock = 8;  ///< side of the blocks that are transposed in registers

TP_INLINE void copy_or_zero(const float* x, int64_t count, float* out) {
  for (int64_t i = 0; i < kPanel; ++i) {
    out[i] = i < count ? x[i] : 0.0F;
  }
}

/// out [8, 8] (rows kPanel apart) = transposed x [8, 8].
TP_INLINE void transpose_block(const float* x, int64_t stride, float* out) {
  __m256 rows[kBlock];
  for (int i = 0; i < kBlock; ++i) {
    rows[i] = _mm256_loadu_ps(x + i * stride);
  }
  __m256 pairs[kBlock];
  for (int i = 0; i < kBlock; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
  __m256 fours[kBlock];
  for (int i = 0; i < kBlock; i += 4) {
    fours[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    fours[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
    fours[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    fours[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
  }
  for (int i = 0; i < 4; ++i) {
    _mm256_storeu_ps(out + i * kPanel, _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20));
    _mm256_storeu_ps(out + (i + 4) * kPanel, _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31));
  }
}

/// out [k, kPanel] = columns of x^T, which are `count` rows of x; columns behind them are 0.
TP_INLINE void pack_rows(const float* x, int64_t stride, int64_t count, int64_t k, float* out) {
  const int64_t whole = k / kBlock * kBlock;
  int64_t column = 0;
  for (; column + kBlock <= count; column += kBlock) {
    for (int64_t p = 0; p < whole; p += kBlock) {
      transpose_block(x + column * stride + p, stride, out + p * kPanel + column);
    }
    for (int64_t p = whole; p < k; ++p) {
      for (int64_t i = 0; i < kBlock; ++i) {
        out[p * kPanel + column + i] = x[(column + i) * stride + p];
      }
    }
  }
  for (; column < kPanel; ++column) {
    for (int64_t p = 0; p < k; ++p) {
      out[p * kPanel + column] = column < count ? x[column * stride + p] : 0.0F;
    }
  }
}

/// B [k, n] in panels of kPanel columns, each [k, kPanel].
void pack(const Product<float>& product, float* packed) {
  const Operand<float>& b = product.b;
  for (int64_t j = 0; j < product.n; j += kPanel) {
    float* panel = packed + j * product.k;
    const int64_t count = product.n - j < kPanel ? product.n - j : kPanel;
    if (b.transposed) {
      pack_rows(b.data + j * b.stride, b.stride, count, product.k, panel);
      continue;
    }
    for (int64_t p = 0; p < product.k; ++p) {
      copy_or_zero(b.data + p * b.stride + j, count, panel + p * kPanel);
    }
  }
}

template <typename Io>
TP_INLINE void write(Io io, const Product<float>& product, F sum, float* c) {
  const F scaled = sum * product.alpha;
  io.store(c, product.beta == 0 ? scaled : fma(io.load(c), product.beta, scaled));
}

/// Rows [i, i + Rows) and columns [j, j + kPanel) of C.
template <int Rows>
void tile(const Product<float>& product, const float* panel, int64_t i, int64_t j) {
  const Operand<float>& a = product.a;
  const int64_t row = a.transposed ? 1 : a.stride;
  const int64_t step = a.transposed ? a.stride : 1;
  const float* x = a.data + i * row;
  F sums[Rows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = broadcast(0);
    }
  }
  for (int64_t p = 0; p < product.k; ++p, x += step, panel += kPanel) {
    F columns[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      columns[v] = Whole{}.load(panel + v * kLanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const F factor = broadcast(x[r * row]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) {
        sums[r][v] = fma(factor, columns[v], sums[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      const int64_t left = product.n - j - v * kLanes;
      float* c = product.c + (i + r) * product.c_stride + j + v * kLanes;
      if (left >= kLanes) {
        write(Whole{}, product, sums[r][v], c);
      } else if (left > 0) {
        write(Tail{left}, product, sums[r][v], c);
      }
    }
  }
}

/// The tile of `rows` <= Rows.
template <int Rows>
TP_INLINE void tile_of(int64_t rows, const Product<float>& product, const float* panel, int64_t i,
                       int64_t j) {
  if (rows == Rows) {
    tile<Rows>(product, panel, i, j);
  } else if constexpr (Rows > 1) {
    tile_of<Rows - 1>(rows, product, panel, i, j);
  }
}

void multiply(const Product<float>& product, float* packed) {
  pack(product, packed);
  for (int64_t j = 0; j < product.n; j += kPanel) {
    const float* panel = packed + j * product.k;
    for (int64_t i = 0; i < product.m; i += kRows) {
      tile_of<kRows>(product.m - i < kRows ? product.m - i : kRows, product, panel, i, j);
    }
  }
}

}  // namespace

ProductKernels<float> product_kernels() {
  return {&multiply};
}

}  // namespace tpretrain::kernels::TP_ISA
