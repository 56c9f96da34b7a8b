#include "tpretrain/dist/tree_sum.h"

#include <ATen/ops/empty_like.h>

#include "tpretrain/base/error.h"

namespace tpretrain {

at::Tensor TreeSum::take_buffer(const at::Tensor& like) {
  if (free_.empty()) {
    return at::empty_like(like);
  }
  at::Tensor buffer = free_.back();
  free_.pop_back();
  return buffer;
}

void TreeSum::push(const at::Tensor& leaf) {
  ++leaves_;
  if (!stack_.empty() && stack_.back().first == 0) {
    stack_.back().second.add_(leaf);  // left + right
    stack_.back().first = 1;
  } else {
    at::Tensor copy = take_buffer(leaf);
    copy.copy_(leaf);
    stack_.emplace_back(0, copy);
    return;
  }
  while (stack_.size() >= 2 && stack_[stack_.size() - 2].first == stack_.back().first) {
    at::Tensor right = stack_.back().second;
    stack_.pop_back();
    stack_.back().second.add_(right);
    ++stack_.back().first;
    free_.push_back(right);
  }
}

void TreeSum::finish(at::Tensor& out) {
  TP_ASSERT(stack_.size() == 1);
  out.copy_(stack_.back().second);
  free_.push_back(stack_.back().second);
  stack_.clear();
  leaves_ = 0;
}

}  // namespace tpretrain
