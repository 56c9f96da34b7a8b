/// The backward half of the contrastive losses.
#pragma once

#include <array>
#include <cstdint>
#include <tuple>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "kernels/rows.h"
#include "ops/pair_tiles.h"

namespace tpretrain::ops {

constexpr int64_t kPairGroups = 16;  ///< runs of column tiles that share one sum of dqueries

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

}  // namespace tpretrain::ops
