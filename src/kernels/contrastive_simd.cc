#include "kernels/contrastive.h"
#include "kernels/simd.h"
#include "kernels/simd_math.h"

namespace tpretrain::kernels::TP_ISA {
namespace {

/// The greatest value of each lane and the number of the step that brought it first.
struct LaneBest {
  F value = broadcast(-kInfinity);
  F step = broadcast(0);

  TP_INLINE void take(F score, int64_t number) {
    step = select_less(value, score, broadcast(static_cast<float>(number)), step);
    value = max(value, score);
  }
};

/// Step i of lane j is element 16 i + j.
TP_INLINE PairBest<float> best_lane(const LaneBest& lanes) {
  float values[kLanes];
  float steps[kLanes];
  Whole{}.store(values, lanes.value);
  Whole{}.store(steps, lanes.step);
  PairBest<float> best{values[0], static_cast<int32_t>(steps[0]) * static_cast<int32_t>(kLanes)};
  for (int32_t lane = 1; lane < kLanes; ++lane) {
    const int32_t index = static_cast<int32_t>(steps[lane]) * static_cast<int32_t>(kLanes) + lane;
    if (values[lane] > best.value || (values[lane] == best.value && index < best.index)) {
      best = {values[lane], index};
    }
  }
  return best;
}

TP_INLINE PairBest<float> row_best(const float* row, int64_t size) {
  LaneBest lanes;
  sweep(size,
        [&](auto io, int64_t c) TP_BODY { lanes.take(io.load(row + c, -kInfinity), c / 16); });
  return best_lane(lanes);
}

/// The columns that `io` covers at `scores`.
template <typename Io>
TP_INLINE LaneBest column_best(Io io, const PairTile& tile, const float* scores) {
  LaneBest lanes;
  for (int64_t r = 0; r < tile.rows; ++r) {
    lanes.take(io.load(scores + r * tile.stride), r);
  }
  return lanes;
}

TP_INLINE int64_t covered(Whole) {
  return kLanes;
}

TP_INLINE int64_t covered(Tail tail) {
  return tail.count;
}

void best_of_rows(const PairTile& tile, const float* scores, PairBest<float>* out) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    out[r] = row_best(scores + r * tile.stride, tile.cols);
  }
}

void best_of_columns(const PairTile& tile, const float* scores, PairBest<float>* out) {
  sweep(tile.cols, [&](auto io, int64_t c) TP_BODY {
    const LaneBest lanes = column_best(io, tile, scores + c);
    float values[kLanes];
    float steps[kLanes];
    Whole{}.store(values, lanes.value);
    Whole{}.store(steps, lanes.step);
    for (int64_t lane = 0; lane < covered(io); ++lane) {
      out[c + lane] = {values[lane], static_cast<int32_t>(steps[lane])};
    }
  });
}

void softmax_rows(const PairTile& tile, const float* scores, PairPart<float>* out) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    const float* row = scores + r * tile.stride;
    const PairBest<float> best = row_best(row, tile.cols);
    F totals = broadcast(0);
    F sums = broadcast(0);
    sweep(tile.cols, [&](auto io, int64_t c) TP_BODY {
      totals = totals + exponential(io.load(row + c, -kInfinity) - best.value);
      sums = sums + io.load(row + c);
    });
    out[r] = {best, sum(totals), sum(sums), 0};
  }
}

void softmax_columns(const PairTile& tile, const float* scores, PairPart<float>* out) {
  sweep(tile.cols, [&](auto io, int64_t c) TP_BODY {
    const LaneBest best = column_best(io, tile, scores + c);
    F totals = broadcast(0);
    F sums = broadcast(0);
    for (int64_t r = 0; r < tile.rows; ++r) {
      const F score = io.load(scores + r * tile.stride + c);
      totals = totals + exponential(score - best.value);
      sums = sums + score;
    }
    float lanes[4][kLanes];
    Whole{}.store(lanes[0], best.value);
    Whole{}.store(lanes[1], best.step);
    Whole{}.store(lanes[2], totals);
    Whole{}.store(lanes[3], sums);
    for (int64_t i = 0; i < covered(io); ++i) {
      out[c + i] = {{lanes[0][i], static_cast<int32_t>(lanes[1][i])}, lanes[2][i], lanes[3][i], 0};
    }
  });
}

void softmax_gradient(const PairTile& tile, const float* scores, const float* row_lse,
                      const float* column_lse, float everywhere, float* grad) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    const float* row = scores + r * tile.stride;
    float* grad_row = grad + r * tile.stride;
    const float lse = row_lse[r];
    sweep(tile.cols, [&](auto io, int64_t c) TP_BODY {
      const F score = io.load(row + c);
      const F by_column =
          column_lse == nullptr ? broadcast(0) : exponential(score - io.load(column_lse + c));
      io.store(grad_row + c, exponential(score - lse) + by_column - everywhere);
    });
  }
}

/// log(1 + e^z).
TP_INLINE F softplus(F z) {
  return max(z, broadcast(0)) + log_one_plus(exponential(-absolute(z)));
}

void sigmoid_rows(const PairTile& tile, const float* scores, float bias, PairPart<float>* out) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    const float* row = scores + r * tile.stride;
    PairBest<float> best = row_best(row, tile.cols);
    best.value += bias;
    F totals = broadcast(0);
    sweep(tile.cols, [&](auto io, int64_t c) TP_BODY {
      totals = totals + softplus(io.load(row + c, -kInfinity) + bias);
    });
    out[r] = {best, sum(totals), 0, 0};
  }
}

void sigmoid_gradient(const PairTile& tile, const float* scores, float bias, float* grad,
                      float* row_sums) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    const float* row = scores + r * tile.stride;
    float* grad_row = grad + r * tile.stride;
    F sums = broadcast(0);
    sweep(tile.cols, [&](auto io, int64_t c) TP_BODY {
      const F p = sigmoid(io.load(row + c, -kInfinity) + bias);
      io.store(grad_row + c, p);
      sums = sums + p;
    });
    row_sums[r] = sum(sums);
  }
}

}  // namespace

ContrastiveKernels<float> contrastive_kernels() {
  return {&best_of_rows,     &best_of_columns, &softmax_rows,    &softmax_columns,
          &softmax_gradient, &sigmoid_rows,    &sigmoid_gradient};
}

}  // namespace tpretrain::kernels::TP_ISA
