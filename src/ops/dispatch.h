/// Calls through the dispatcher and pieces that all autograd functions share.
#pragma once

#include <optional>

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>

#include "tpretrain/base/error.h"

namespace tpretrain::ops {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using MaybeTensor = std::optional<at::Tensor>;

/// The handle of "tpretrain::name"; keep it in a function-local static.
template <typename Signature>
c10::TypedOperatorHandle<Signature> find_op(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

inline MaybeTensor maybe(const at::Tensor& tensor) {
  return tensor.defined() ? MaybeTensor(tensor) : std::nullopt;
}

inline at::Tensor value(const MaybeTensor& tensor) {
  return tensor.value_or(at::Tensor());
}

/// For backward: below autograd, and once only (no op has a second derivative).
class BackwardGuard {
 public:
  BackwardGuard() {
    if (at::GradMode::is_enabled()) {
      throw InternalError("the ops of tpretrain have no second derivative (create_graph)");
    }
  }

 private:
  at::AutoDispatchBelowADInplaceOrView below_;
};

/// Walks the inputs of a node in the order of its forward arguments: one entry per tensor that was
/// given, none for an absent optional one.
class NeedsGrad {
 public:
  explicit NeedsGrad(AutogradContext* ctx) : ctx_(ctx) {}

  /// Whether the next input wants its gradient; `given` false: it was absent.
  bool next(bool given = true) { return given && ctx_->needs_input_grad(index_++); }

 private:
  AutogradContext* ctx_;
  size_t index_ = 0;
};

}  // namespace tpretrain::ops
