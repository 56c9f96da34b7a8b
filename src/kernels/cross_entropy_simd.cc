#include "kernels/cross_entropy.h"
#include "kernels/simd.h"
#include "kernels/simd_math.h"

namespace tpretrain::kernels::TP_ISA {
namespace {

template <typename Io>
TP_INLINE F logit(Io io, const float* row, const float* bias, int64_t c) {
  const F z = io.load(row + c, -kInfinity);
  return bias == nullptr ? z : z + io.load(bias + c);
}

TP_INLINE float row_high(const float* row, const float* bias, int64_t size) {
  F high = broadcast(-kInfinity);
  sweep(size, [&](auto io, int64_t c) TP_BODY { high = max(high, logit(io, row, bias, c)); });
  return highest(high);
}

void forward(const Tile& tile, const float* logits, const float* bias, const int64_t* labels,
             TileRow<float>* out) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    const float* row = logits + r * tile.stride;
    const int64_t label = labels[r] - tile.first_class;
    const float high = row_high(row, bias, tile.cols);
    F totals = broadcast(0);
    F sums = broadcast(0);
    sweep(tile.cols, [&](auto io, int64_t c) TP_BODY {
      totals = totals + exponential(logit(io, row, bias, c) - high);
      const F z = io.load(row + c);
      sums = sums + (bias == nullptr ? z : z + io.load(bias + c));
    });
    out[r] = {high, sum(totals), sum(sums), high, 0};
    if (label < 0) {
      out[r].before = -kInfinity;
    } else if (label < tile.cols) {
      out[r].before = row_high(row, bias, label);
      out[r].label = bias == nullptr ? row[label] : row[label] + bias[label];
    }
  }
}

void backward(const Tile& tile, const float* logits, const float* bias, const int64_t* labels,
              const float* lse, double smoothing, float* grad, float* dbias) {
  const float everywhere = static_cast<float>(smoothing / static_cast<double>(tile.classes));
  const float at_label = static_cast<float>(1 - smoothing);
  for (int64_t r = 0; r < tile.rows; ++r) {
    const float* row = logits + r * tile.stride;
    float* grad_row = grad + r * tile.stride;
    const float row_lse = lse[r];
    sweep(tile.cols, [&](auto io, int64_t c) TP_BODY {
      const F g = exponential(logit(io, row, bias, c) - row_lse) - everywhere;
      io.store(grad_row + c, g);
      if (dbias != nullptr) {
        io.store(dbias + c, io.load(dbias + c) + g);
      }
    });
    const int64_t label = labels[r] - tile.first_class;
    if (label >= 0 && label < tile.cols) {
      grad_row[label] -= at_label;
      if (dbias != nullptr) {
        dbias[label] -= at_label;
      }
    }
  }
}

}  // namespace

CrossEntropyKernels<float> cross_entropy_kernels() {
  return {&forward, &backward};
}

}  // namespace tpretrain::kernels::TP_ISA
