/// All pairs of rows of two matrices, tile by tile: what the contrastive losses share. Forward and
/// backward make each tile of scores in the scratch memory of a thread and drop it after use
/// (docs/math/contrastive.md).
#pragma once

#include <array>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "kernels/contrastive.h"
#include "kernels/rows.h"
#include "ops/blas.h"
#include "ops/parallel.h"
#include "ops/positives.h"
#include "ops/scratch.h"

namespace tpretrain::ops {

constexpr int64_t kPairRows = 256;
constexpr int64_t kPairColumns = 512;
constexpr int64_t kPairStride = kPairColumns + 16;  ///< no power of two: columns stay in cache
constexpr int64_t kPairGroups = 16;  ///< runs of column tiles that share one dqueries

/// Where a tile stands.
struct PairBlock {
  kernels::PairTile tile;
  int64_t row_tile;
  int64_t column_tile;
  int64_t first_row;
  int64_t first_column;
};

struct PairScores;

/// scores [rows, cols] = scale * queries [rows, width] keys [cols, width]^T.
template <typename T>
struct PairProblem {
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t width = 0;
  const T* queries = nullptr;
  const T* keys = nullptr;
  T scale = 1;

  Blocks row_tiles() const { return {rows, kPairRows}; }

  Blocks column_tiles() const { return {cols, kPairColumns}; }

  PairBlock block(int64_t row_tile, int64_t column_tile) const {
    return {{row_tiles().length(row_tile), column_tiles().length(column_tile), kPairStride},
            row_tile,
            column_tile,
            row_tiles().begin(row_tile),
            column_tiles().begin(column_tile)};
  }

  const T* query(int64_t row) const { return queries + row * width; }

  const T* key(int64_t column) const { return keys + column * width; }

  /// In scratch memory of the thread, valid until its next tile.
  T* scores(const PairBlock& block) const {
    T* out = thread_scratch<PairScores>().get<T>(kPairRows * kPairStride);
    gemm<T>(block.tile.rows, block.tile.cols, width, scale, {query(block.first_row), width},
            {key(block.first_column), width, true}, 0, out, block.tile.stride);
    return out;
  }
};

/// Calls body(block, scores) for each tile, in parallel.
template <typename T, typename Body>
void for_each_pair_tile(const PairProblem<T>& problem, const Body& body) {
  const int64_t row_tiles = problem.row_tiles().count();
  parallel_blocks(row_tiles * problem.column_tiles().count(), [&](int64_t task) {
    const PairBlock block = problem.block(task % row_tiles, task / row_tiles);
    body(block, problem.scores(block));
  });
}

/// Calls body(row, column), both in the tile, for each positive pair of it, in row order.
template <typename Body>
void for_each_positive(const GroupLists& keys_of_query, const PairBlock& block, const Body& body) {
  for (int64_t r = 0; r < block.tile.rows; ++r) {
    for (const int64_t column : keys_of_query.within(block.first_row + r, block.first_column,
                                                     block.first_column + block.tile.cols)) {
      body(r, column - block.first_column);
    }
  }
}

/// One direction of a loss: each owner (row) over its parts by tile of the others (columns), or the
/// other way round.
template <typename T>
struct PairSide {
  const kernels::PairPart<T>* parts = nullptr;  ///< [others.count(), owners]
  int64_t owners = 0;
  Blocks others;
  std::span<const int64_t> owner_group;
  std::span<const int64_t> other_group;

  const kernels::PairPart<T>& part(int64_t tile, int64_t owner) const {
    return parts[tile * owners + owner];
  }

  /// Whether the first greatest score of an owner is that of a positive.
  bool correct(int64_t owner) const {
    int64_t best = -1;
    T high = 0;
    for (int64_t i = 0; i < others.count(); ++i) {
      const kernels::PairBest<T>& found = part(i, owner).best;
      if (best < 0 || found.value > high) {
        high = found.value;
        best = others.begin(i) + found.index;
      }
    }
    return best >= 0 &&
           owner_group[static_cast<size_t>(owner)] == other_group[static_cast<size_t>(best)];
  }
};

/// Loss and number of correct owners.
struct PairTotals {
  double loss = 0;
  int64_t correct = 0;
};

/// Adds loss_of(owner) and hits of all owners, in order.
template <typename T, typename Loss>
void add_pair_losses(const PairSide<T>& side, const Loss& loss_of, PairTotals* totals) {
  std::vector<std::pair<double, bool>> results(static_cast<size_t>(side.owners));
  const Blocks blocks{side.owners, 64};
  parallel_blocks(blocks.count(), [&](int64_t block) {
    for (int64_t i = blocks.begin(block); i < blocks.end(block); ++i) {
      results[static_cast<size_t>(i)] = {loss_of(i), side.correct(i)};
    }
  });
  for (const auto& [loss, correct] : results) {
    totals->loss += loss;
    totals->correct += correct ? 1 : 0;
  }
}

/// (loss_sum, correct) as the ops return them.
template <typename T>
std::tuple<at::Tensor, at::Tensor> pair_outputs(const PairTotals& totals,
                                                const at::TensorOptions& options) {
  at::Tensor loss = at::empty({}, options);
  at::Tensor correct = at::empty({}, options.dtype(at::kFloat));
  *loss.mutable_data_ptr<T>() = static_cast<T>(totals.loss);
  *correct.mutable_data_ptr<float>() = static_cast<float>(totals.correct);
  return {loss, correct};
}

/// Softmax cross-entropy of all owners of a side; writes lse [owners].
template <typename T>
void add_softmax_losses(const PairSide<T>& side, const GroupLists& positives,
                        const PairTarget& target, T* lse, PairTotals* totals) {
  const auto loss_of = [&](int64_t owner) {
    T high = side.part(0, owner).best.value;
    for (int64_t i = 1; i < side.others.count(); ++i) {
      high = std::max(high, side.part(i, owner).best.value);
    }
    double total = 0;
    double sum = 0;
    double positive = 0;
    for (int64_t i = 0; i < side.others.count(); ++i) {
      const kernels::PairPart<T>& part = side.part(i, owner);
      total +=
          std::exp(static_cast<double>(part.best.value - high)) * static_cast<double>(part.total);
      sum += static_cast<double>(part.sum);
      positive += static_cast<double>(part.positive);
    }
    const double log_total = static_cast<double>(high) + std::log(total);
    lse[owner] = static_cast<T>(log_total);
    return log_total - target.each(positives.count(owner)) * positive - target.everywhere() * sum;
  };
  add_pair_losses(side, loss_of, totals);
}

/// Gradients of queries, keys and scale (those wanted by `mask`) times `upstream`. gradient(block,
/// scores) turns a tile of scores into its gradient in place; it is called once a tile, for tiles
/// of different columns at the same time.
///
/// Row tiles follow one another; the column tiles of one are cut into groups. A group adds to the
/// gradients of its own keys and to an own sum for the queries of the row tile, and these sums are
/// added in group order.
template <typename T, typename Gradient>
class PairBackward {
 public:
  PairBackward(const PairProblem<T>& problem, const at::TensorOptions& options, T upstream,
               std::array<bool, 3> mask, const Gradient& gradient)
      : problem_(problem),
        upstream_(upstream),
        gradient_(gradient),
        groups_{problem.column_tiles().count(),
                (problem.column_tiles().count() + kPairGroups - 1) / kPairGroups} {
    const bool empty = problem.rows == 0 || problem.cols == 0;
    const auto make = [&](bool wanted, int64_t rows) {
      if (!wanted) {
        return at::Tensor();
      }
      return empty ? at::zeros({rows, problem.width}, options)
                   : at::empty({rows, problem.width}, options);
    };
    queries_ = make(mask[0], problem.rows);
    keys_ = make(mask[1], problem.cols);
    scale_ = mask[2] ? at::zeros({}, options) : at::Tensor();
    if (!empty) {
      if (mask[0] || mask[2]) {
        parts_ = at::empty({groups_.count(), kPairRows, problem.width}, options);
      }
      run();
    }
  }

  std::tuple<at::Tensor, at::Tensor, at::Tensor> result() const {
    return {queries_, keys_, scale_};
  }

 private:
  void run() {
    double along_scale = 0;
    for (int64_t row_tile = 0; row_tile < problem_.row_tiles().count(); ++row_tile) {
      parallel_blocks(groups_.count(), [&](int64_t group) { run_group(row_tile, group); });
      if (parts_.defined()) {
        along_scale += add_parts(row_tile);
      }
    }
    if (scale_.defined()) {
      *scale_.mutable_data_ptr<T>() = static_cast<T>(along_scale);
    }
  }

  T* part(int64_t group, int64_t row) const {
    return parts_.mutable_data_ptr<T>() + (group * kPairRows + row) * problem_.width;
  }

  void run_group(int64_t row_tile, int64_t group) {
    const int64_t width = problem_.width;
    for (int64_t column_tile = groups_.begin(group); column_tile < groups_.end(group);
         ++column_tile) {
      const PairBlock block = problem_.block(row_tile, column_tile);
      T* grad = problem_.scores(block);
      gradient_(block, grad);
      if (keys_.defined()) {
        gemm<T>(block.tile.cols, width, block.tile.rows, upstream_ * problem_.scale,
                {grad, block.tile.stride, true}, {problem_.query(block.first_row), width},
                row_tile == 0 ? 0 : 1, keys_.mutable_data_ptr<T>() + block.first_column * width,
                width);
      }
      if (parts_.defined()) {
        gemm<T>(block.tile.rows, width, block.tile.cols, upstream_, {grad, block.tile.stride},
                {problem_.key(block.first_column), width},
                column_tile == groups_.begin(group) ? 0 : 1, part(group, 0), width);
      }
    }
  }

  /// Finishes the queries of a row tile. The sums of the groups are gradients of scale * query, so
  /// their product with the queries is the tile's share of the gradient of the scale.
  double add_parts(int64_t row_tile) {
    const auto& kernels = kernels::row_kernels<T>();
    const int64_t width = problem_.width;
    const int64_t first = problem_.row_tiles().begin(row_tile);
    std::array<double, kPairRows> along{};
    const Blocks blocks{problem_.row_tiles().length(row_tile), 32};
    parallel_blocks(blocks.count(), [&](int64_t block) {
      for (int64_t r = blocks.begin(block); r < blocks.end(block); ++r) {
        T* total = part(0, r);
        for (int64_t group = 1; group < groups_.count(); ++group) {
          kernels.add(width, part(group, r), total);
        }
        along[static_cast<size_t>(r)] = kernels.dot(width, problem_.query(first + r), total);
        if (queries_.defined()) {
          kernels.scale(width, problem_.scale, total,
                        queries_.mutable_data_ptr<T>() + (first + r) * width);
        }
      }
    });
    double sum = 0;
    for (const double value : along) {
      sum += value;
    }
    return sum;
  }

  const PairProblem<T>& problem_;
  T upstream_;
  const Gradient& gradient_;
  Blocks groups_;  ///< of column tiles
  at::Tensor queries_, keys_, scale_;
  at::Tensor parts_;  ///< [groups, kPairRows, width], or undefined
};

/// Contiguous copies of what both losses are given, checked.
struct PairInputs {
  PairInputs(const at::Tensor& given_queries, const at::Tensor& given_keys,
             const at::Tensor& given_scale, const at::Tensor& given_query_group,
             const at::Tensor& given_key_group);

  template <typename T>
  PairProblem<T> problem() const {
    return {queries.size(0),          keys.size(0),
            queries.size(1),          queries.const_data_ptr<T>(),
            keys.const_data_ptr<T>(), *scale.const_data_ptr<T>()};
  }

  GroupLists keys_of_query() const { return {group_span(query_group), group_span(key_group)}; }

  GroupLists queries_of_key() const { return {group_span(key_group), group_span(query_group)}; }

  at::Tensor queries, keys, scale, query_group, key_group;
};

}  // namespace tpretrain::ops
