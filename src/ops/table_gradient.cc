#include "ops/table_gradient.h"

#include <vector>

#include <ATen/ops/empty.h>

#include "kernels/rows.h"
#include "ops/check.h"
#include "ops/parallel.h"

namespace tpretrain::ops {
namespace {

/// Tokens of table row r: tokens[begin[r]] ... tokens[begin[r + 1] - 1], ascending.
struct Buckets {
  Buckets(const int64_t* index, int64_t count, int64_t rows)
      : begin(static_cast<size_t>(rows) + 1), tokens(static_cast<size_t>(count)) {
    for (int64_t t = 0; t < count; ++t) {
      ++begin[static_cast<size_t>(index[t]) + 1];
    }
    for (size_t r = 1; r < begin.size(); ++r) {
      begin[r] += begin[r - 1];
    }
    std::vector<int64_t> next(begin.begin(), begin.end() - 1);
    for (int64_t t = 0; t < count; ++t) {
      tokens[static_cast<size_t>(next[static_cast<size_t>(index[t])]++)] = t;
    }
  }

  std::vector<int64_t> begin;
  std::vector<int64_t> tokens;
};

template <typename T>
at::Tensor by_table_rows(const at::Tensor& grad, const int64_t* index, int64_t rows) {
  const int64_t cols = grad.size(1);
  const Buckets buckets(index, grad.size(0), rows);
  at::Tensor out = at::empty({rows, cols}, grad.options());
  const T* grad_data = grad.const_data_ptr<T>();
  T* out_data = out.mutable_data_ptr<T>();
  const Blocks blocks{rows, std::clamp<int64_t>(rows / 64, 8, 256)};
  parallel_blocks(blocks.count(), [&](int64_t block) {
    for (int64_t r = blocks.begin(block); r < blocks.end(block); ++r) {
      const int64_t begin = buckets.begin[static_cast<size_t>(r)];
      kernels::row_kernels<T>().sum_tokens(buckets.begin[static_cast<size_t>(r) + 1] - begin, cols,
                                           grad_data, buckets.tokens.data() + begin,
                                           out_data + r * cols);
    }
  });
  return out;
}

/// For tables of a few rows (segments, modalities), where rows alone give too little to share out.
template <typename T>
at::Tensor by_token_blocks(const at::Tensor& grad, const int64_t* index, int64_t rows) {
  const int64_t cols = grad.size(1);
  const T* grad_data = grad.const_data_ptr<T>();
  const Blocks blocks{grad.size(0), 256};
  const PartialSums<T> sums(true, blocks.count(), rows * cols, grad.options());
  parallel_blocks(blocks.count(), [&](int64_t block) {
    T* part = sums.open(block);
    for (int64_t t = blocks.begin(block); t < blocks.end(block); ++t) {
      kernels::row_kernels<T>().add(cols, grad_data + t * cols, part + index[t] * cols);
    }
  });
  return sums.total({rows, cols});
}

}  // namespace

at::Tensor table_gradient(const at::Tensor& grad, const at::Tensor& index, int64_t rows) {
  constexpr int64_t kFewRows = 8;
  const at::Tensor flat = grad.contiguous();
  const int64_t* values = index.const_data_ptr<int64_t>();
  return with_float(grad, [&]<typename T>() {
    return rows <= kFewRows ? by_token_blocks<T>(flat, values, rows)
                            : by_table_rows<T>(flat, values, rows);
  });
}

}  // namespace tpretrain::ops
