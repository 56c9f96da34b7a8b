/// What ranks say to each other. `single` is the world of one process; it makes every call a no-op,
/// so that the training loop has one form.
#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>

namespace tpretrain {

class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int world() const = 0;
  /// In-place sum over ranks. In exact mode along the upper levels of the fixed binary tree.
  virtual void all_reduce(at::Tensor& tensor) = 0;
  /// Every rank gets the largest value: status agreement (a failure or a signal on one is on all).
  virtual int64_t agree(int64_t value) = 0;
  virtual void barrier() = 0;

  static std::unique_ptr<Communicator> single();
};

}  // namespace tpretrain
