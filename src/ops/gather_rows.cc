#include <ATen/ops/empty.h>

#include "kernels/rows.h"
#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/parallel.h"
#include "ops/table_gradient.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;

const auto& gather_rows_op() {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&)>("tpretrain::gather_rows");
  return op;
}

const auto& gather_rows_backward_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, int64_t)>("tpretrain::gather_rows_backward");
  return op;
}

class GatherRowsFunction : public torch::autograd::Function<GatherRowsFunction> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& rows) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    ctx->save_for_backward({rows});
    ctx->saved_data["size"] = x.dim() > 0 ? x.size(0) : 0;
    return gather_rows_op().call(x, rows);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(2);
    }
    return {gather_rows_backward_op().call(grads[0], ctx->get_saved_variables()[0],
                                           ctx->saved_data["size"].toInt()),
            {}};
  }
};

}  // namespace

Tensor gather_rows_cpu(const Tensor& x, const Tensor& rows) {
  check_shape("x", x, {{"T"}, {"D"}});
  check_float("x", x);
  check_shape("rows", rows, {{"R"}});
  const Tensor index = check_indices("rows", rows, rows.size(0), x.size(0));
  const Tensor flat = x.contiguous();
  const int64_t cols = x.size(1);
  Tensor y = at::empty({rows.size(0), cols}, x.options());
  with_float(x, [&]<typename T>() {
    const T* x_data = flat.const_data_ptr<T>();
    const int64_t* index_data = index.const_data_ptr<int64_t>();
    T* y_data = y.mutable_data_ptr<T>();
    const Blocks blocks = row_blocks(rows.size(0), cols);
    parallel_blocks(blocks.count(), [&](int64_t block) {
      const int64_t r = blocks.begin(block);
      kernels::row_kernels<T>().gather(blocks.length(block), cols, x_data, index_data + r, false,
                                       y_data + r * cols);
    });
  });
  return y;
}

Tensor gather_rows_backward_cpu(const Tensor& grad, const Tensor& rows, int64_t size) {
  check_shape("grad", grad, {{"R"}, {"D"}});
  check_float("grad", grad);
  return table_gradient(grad, check_indices("rows", rows, grad.size(0), size), size);
}

Tensor gather_rows_autograd(const Tensor& x, const Tensor& rows) {
  return GatherRowsFunction::apply(x, rows);
}

Tensor gather_rows(const Tensor& x, const Tensor& rows) {
  return gather_rows_op().call(x, rows);
}

}  // namespace tpretrain::ops
