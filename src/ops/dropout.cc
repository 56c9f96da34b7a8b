#include "kernels/dropout.h"

#include <ATen/ops/empty_like.h>

#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/parallel.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;

const auto& dropout_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, double, int64_t, const Tensor&)>("tpretrain::dropout");
  return op;
}

const auto& dropout_backward_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, double, int64_t, const Tensor&)>("tpretrain::dropout_backward");
  return op;
}

class DropoutFunction : public torch::autograd::Function<DropoutFunction> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, double p, int64_t key,
                        const Tensor& token_key) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    ctx->save_for_backward({token_key});
    ctx->saved_data["p"] = p;
    ctx->saved_data["key"] = key;
    return dropout_op().call(x, p, key, token_key);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(4);
    }
    return {
        dropout_backward_op().call(grads[0], ctx->saved_data["p"].toDouble(),
                                   ctx->saved_data["key"].toInt(), ctx->get_saved_variables()[0]),
        {},
        {},
        {}};
  }
};

}  // namespace

Tensor dropout_cpu(const Tensor& x, double p, int64_t key, const Tensor& token_key) {
  check_shape("x", x, {{"T"}, {"D"}});
  check_float("x", x);
  const Tensor tokens = check_dropout(p, token_key, x.size(0));
  const Tensor flat = x.contiguous();
  Tensor y = at::empty_like(flat);
  with_float(x, [&]<typename T>() {
    const kernels::DropoutRule rule = kernels::dropout_rule(p, key);
    const int64_t cols = x.size(1);
    const int64_t* token_data = tokens.defined() ? tokens.const_data_ptr<int64_t>() : nullptr;
    const T* x_data = flat.const_data_ptr<T>();
    T* y_data = y.mutable_data_ptr<T>();
    const Blocks blocks = row_blocks(x.size(0), cols);
    parallel_blocks(blocks.count(), [&](int64_t block) {
      const int64_t r = blocks.begin(block);
      kernels::dropout_kernels<T>().forward(rule, token_data == nullptr ? nullptr : token_data + r,
                                            blocks.length(block), cols, x_data + r * cols, nullptr,
                                            nullptr, y_data + r * cols);
    });
  });
  return y;
}

Tensor dropout_backward_cpu(const Tensor& grad, double p, int64_t key, const Tensor& token_key) {
  return dropout_cpu(grad, p, key, token_key);  // linear in x: the same scaled mask
}

Tensor dropout_autograd(const Tensor& x, double p, int64_t key, const Tensor& token_key) {
  return DropoutFunction::apply(x, p, key, token_key);
}

Tensor dropout(const Tensor& x, Dropout dropout, const Tensor& token_key) {
  return dropout.p == 0 ? x : dropout_op().call(x, dropout.p, dropout.key, token_key);
}

}  // namespace tpretrain::ops
