/// All pairs of rows of two matrices, tile by tile: what the contrastive losses share. Forward and
/// backward make each tile of scores in the scratch memory of a thread and drop it after use
/// (docs/math/contrastive.md).
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "kernels/contrastive.h"
#include "ops/blas.h"
#include "ops/parallel.h"
#include "ops/positives.h"
#include "ops/scratch.h"

namespace tpretrain::ops {

constexpr int64_t kPairRows = 256;
constexpr int64_t kPairColumns = 512;
constexpr int64_t kPairStride = kPairColumns + 16;  ///< no power of two: columns stay in cache

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
