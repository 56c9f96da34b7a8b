/// The one way ops use threads: blocks of fixed size, results by block, partial sums added in block
/// order. What a block computes depends on its index alone, so neither the number of threads nor
/// who takes which block changes a bit.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include "kernels/rows.h"

namespace tpretrain::ops {

/// [0, total) cut into blocks of `size`, the last one shorter.
struct Blocks {
  int64_t total = 0;
  int64_t size = 1;

  int64_t count() const { return (total + size - 1) / size; }

  int64_t begin(int64_t block) const { return block * size; }

  int64_t end(int64_t block) const { return std::min(total, (block + 1) * size); }

  int64_t length(int64_t block) const { return end(block) - begin(block); }
};

/// Rows cut so that a block stays in a second-level cache while several kernels pass over it.
inline Blocks row_blocks(int64_t rows, int64_t cols) {
  return {rows, std::clamp<int64_t>(32768 / std::max<int64_t>(cols, 1), 32, 256)};
}

/// Flat buffers cut for one pass.
inline Blocks flat_blocks(int64_t size) {
  return {size, 16384};
}

/// Calls body(block) once for each block in [0, count). Threads take the next block when they are
/// free, because sequences and hosts are uneven.
template <typename Body>
void parallel_blocks(int64_t count, const Body& body) {
  std::atomic<int64_t> next{0};
  const int64_t workers = std::min<int64_t>(count, at::get_num_threads());
  at::parallel_for(0, workers, 1, [&](int64_t, int64_t) {
    for (int64_t block = next.fetch_add(1, std::memory_order_relaxed); block < count;
         block = next.fetch_add(1, std::memory_order_relaxed)) {
      body(block);
    }
  });
}

/// One row of `width` partial sums for each block, zero at first, added in block order.
template <typename T>
class PartialSums {
 public:
  /// wanted = false: rows are null and the total is undefined.
  PartialSums(bool wanted, int64_t blocks, int64_t width, const at::TensorOptions& options)
      : blocks_(blocks), width_(width) {
    if (wanted) {
      parts_ = at::empty({blocks, width}, options);
      data_ = parts_.mutable_data_ptr<T>();
    }
  }

  /// The row of a block, cleared; called once by the block's owner.
  T* open(int64_t block) const {
    T* row = open_raw(block);
    if (row != nullptr) {
      std::fill_n(row, width_, T{0});
    }
    return row;
  }

  /// The same for an owner that writes the whole row.
  T* open_raw(int64_t block) const { return data_ == nullptr ? nullptr : data_ + block * width_; }

  at::Tensor total(at::IntArrayRef sizes) const {
    if (data_ == nullptr) {
      return {};
    }
    at::Tensor sum = at::empty(sizes, parts_.options());
    T* out = sum.template mutable_data_ptr<T>();
    const Blocks columns{width_, 4096};
    parallel_blocks(columns.count(), [&](int64_t block) {
      const int64_t begin = columns.begin(block);
      std::fill_n(out + begin, columns.length(block), T{0});
      for (int64_t i = 0; i < blocks_; ++i) {
        kernels::row_kernels<T>().add(columns.length(block), data_ + i * width_ + begin,
                                      out + begin);
      }
    });
    return sum;
  }

 private:
  int64_t blocks_;
  int64_t width_;
  at::Tensor parts_;
  T* data_ = nullptr;
};

}  // namespace tpretrain::ops
