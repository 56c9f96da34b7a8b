/// Sums on one fixed binary tree, whatever the number of ranks or the moment of arrival: the same
/// bits on 1, 2, 4, 8 ranks.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace tpretrain {

/// Adds leaves in the order of their index like a binary counter: two subtrees of equal height are
/// joined (left + right) as soon as both are complete. Holds at most log2(leaves) + 1 buffers.
class TreeSum {
 public:
  /// Takes a copy of `leaf` (a flat float32 or float64 tensor; always the same size).
  void push(const at::Tensor& leaf);

  int64_t leaves() const noexcept { return leaves_; }

  /// Writes the sum to `out` and starts again. The number of leaves must be a power of two.
  void finish(at::Tensor& out);

 private:
  at::Tensor take_buffer(const at::Tensor& like);

  std::vector<std::pair<int, at::Tensor>> stack_;  ///< (height, sum), heights falling
  std::vector<at::Tensor> free_;
  int64_t leaves_ = 0;
};

}  // namespace tpretrain
