#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "kernels/rows.h"
#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/parallel.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;

const auto& segment_mean_op() {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&)>("tpretrain::segment_mean");
  return op;
}

const auto& segment_mean_backward_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, int64_t)>("tpretrain::segment_mean_backward");
  return op;
}

class SegmentMeanFunction : public torch::autograd::Function<SegmentMeanFunction> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& offsets) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    ctx->save_for_backward({offsets});
    ctx->saved_data["tokens"] = x.dim() > 0 ? x.size(0) : 0;
    return segment_mean_op().call(x, offsets);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(2);
    }
    return {segment_mean_backward_op().call(grads[0], ctx->get_saved_variables()[0],
                                            ctx->saved_data["tokens"].toInt()),
            {}};
  }
};

}  // namespace

Tensor segment_mean_cpu(const Tensor& x, const Tensor& offsets) {
  check_shape("x", x, {{"T"}, {"D"}});
  check_float("x", x);
  const Tensor bounds = check_offsets(offsets, x.size(0));
  const Tensor flat = x.contiguous();
  const int64_t cols = x.size(1);
  const int64_t segments = bounds.size(0) - 1;
  Tensor y = at::zeros({segments, cols}, x.options());
  with_float(x, [&]<typename T>() {
    const int32_t* begin = bounds.const_data_ptr<int32_t>();
    const T* x_data = flat.const_data_ptr<T>();
    T* y_data = y.mutable_data_ptr<T>();
    parallel_blocks(segments, [&](int64_t s) {
      const int64_t rows = begin[s + 1] - begin[s];
      if (rows > 0) {
        T* out = y_data + s * cols;
        kernels::row_kernels<T>().column_sums(rows, cols, x_data + begin[s] * cols, out);
        kernels::row_kernels<T>().scale(cols, T{1} / static_cast<T>(rows), out, out);
      }
    });
  });
  return y;
}

Tensor segment_mean_backward_cpu(const Tensor& grad, const Tensor& offsets, int64_t tokens) {
  const Tensor bounds = check_offsets(offsets, tokens);
  const int64_t segments = bounds.size(0) - 1;
  check_shape("grad", grad, {{"S", segments}, {"D"}});
  check_float("grad", grad);
  const Tensor dy = grad.contiguous();
  const int64_t cols = grad.size(1);
  Tensor dx = at::empty({tokens, cols}, grad.options());
  with_float(grad, [&]<typename T>() {
    const int32_t* begin = bounds.const_data_ptr<int32_t>();
    const T* dy_data = dy.const_data_ptr<T>();
    T* dx_data = dx.mutable_data_ptr<T>();
    parallel_blocks(segments, [&](int64_t s) {
      const T share = T{1} / static_cast<T>(begin[s + 1] - begin[s]);
      for (int64_t t = begin[s]; t < begin[s + 1]; ++t) {
        kernels::row_kernels<T>().scale(cols, share, dy_data + s * cols, dx_data + t * cols);
      }
    });
  });
  return dx;
}

Tensor segment_mean_autograd(const Tensor& x, const Tensor& offsets) {
  return SegmentMeanFunction::apply(x, offsets);
}

Tensor segment_mean(const Tensor& x, const Tensor& offsets) {
  return segment_mean_op().call(x, offsets);
}

}  // namespace tpretrain::ops
