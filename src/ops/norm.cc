#include "kernels/norm.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/norm_rows.h"
#include "ops/parallel.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;

const auto& norm_op() {
  static const auto op = find_op<std::tuple<Tensor, Tensor>(
      const Tensor&, const Tensor&, const MaybeTensor&, int64_t, double)>("tpretrain::norm");
  return op;
}

const auto& norm_backward_op() {
  static const auto op = find_op<std::tuple<Tensor, Tensor, Tensor>(
      const Tensor&, const Tensor&, const Tensor&, const Tensor&, int64_t, std::array<bool, 2>)>(
      "tpretrain::norm_backward");
  return op;
}

class NormFunction : public torch::autograd::Function<NormFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight,
                               const MaybeTensor& bias, int64_t kind, double eps) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [y, stats] = norm_op().call(x, weight, bias, kind, eps);
    ctx->save_for_backward({x, weight, stats});
    ctx->mark_non_differentiable({stats});
    ctx->saved_data["bias"] = value(bias).defined();
    ctx->saved_data["kind"] = kind;
    return {y, stats};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(5);
    }
    const auto saved = ctx->get_saved_variables();
    NeedsGrad needs(ctx);
    needs.next();
    const bool needs_weight = needs.next();
    const bool needs_bias = needs.next(ctx->saved_data["bias"].toBool());
    auto [dx, dweight, dbias] =
        norm_backward_op().call(grads[0], saved[0], saved[2], saved[1],
                                ctx->saved_data["kind"].toInt(), {needs_weight, needs_bias});
    return {dx, dweight, dbias, {}, {}};
  }
};

}  // namespace

std::tuple<Tensor, Tensor> norm_cpu(const Tensor& x, const Tensor& weight, const MaybeTensor& bias,
                                    int64_t kind, double eps) {
  check_shape("x", x, {{"T"}, {"D"}});
  check_float("x", x);
  const kernels::Norm norm = check_norm(kind, weight, bias, x);
  const Tensor flat = x.contiguous();
  const Tensor scale = weight.contiguous();
  const MaybeTensor shift = contiguous(bias);
  const int64_t cols = x.size(1);
  Tensor y = at::empty_like(flat);
  Tensor stats = at::empty({x.size(0), 2}, x.options());
  with_float(x, [&]<typename T>() {
    const T* x_data = flat.const_data_ptr<T>();
    const T* w_data = scale.const_data_ptr<T>();
    const T* b_data = data_or_null<T>(shift);
    T* y_data = y.mutable_data_ptr<T>();
    T* s_data = stats.mutable_data_ptr<T>();
    const Blocks blocks = row_blocks(x.size(0), cols);
    parallel_blocks(blocks.count(), [&](int64_t block) {
      const int64_t r = blocks.begin(block);
      kernels::norm_kernels<T>().forward(norm, blocks.length(block), cols, eps, x_data + r * cols,
                                         w_data, b_data, y_data + r * cols, s_data + 2 * r);
    });
  });
  return {y, stats};
}

std::tuple<Tensor, Tensor, Tensor> norm_backward_cpu(const Tensor& grad, const Tensor& x,
                                                     const Tensor& stats, const Tensor& weight,
                                                     int64_t kind, std::array<bool, 2> mask) {
  check_shape("grad", grad, {{"T", x.size(0)}, {"D", x.size(1)}});
  check_dtype("grad", grad, x.scalar_type());
  check_shape("stats", stats, {{"T", x.size(0)}, {"2", 2}});
  const kernels::Norm norm = check_norm(kind, weight, {}, x);
  const Tensor dy = grad.contiguous();
  const Tensor flat = x.contiguous();
  const Tensor scale = weight.contiguous();
  const int64_t cols = x.size(1);
  Tensor dx = at::empty_like(flat);
  return with_float(x, [&]<typename T>() {
    const Blocks blocks = row_blocks(x.size(0), cols);
    const PartialSums<T> dweight(mask[0], blocks.count(), cols, x.options());
    const PartialSums<T> dbias(mask[1], blocks.count(), cols, x.options());
    const T* dy_data = dy.const_data_ptr<T>();
    const T* x_data = flat.const_data_ptr<T>();
    const T* s_data = stats.const_data_ptr<T>();
    const T* w_data = scale.const_data_ptr<T>();
    T* dx_data = dx.mutable_data_ptr<T>();
    parallel_blocks(blocks.count(), [&](int64_t block) {
      const int64_t r = blocks.begin(block);
      kernels::norm_kernels<T>().backward(
          norm, blocks.length(block), cols, dy_data + r * cols, x_data + r * cols, s_data + 2 * r,
          w_data, nullptr, dx_data + r * cols, dweight.open(block), dbias.open(block));
    });
    return std::tuple(dx, dweight.total({cols}), dbias.total({cols}));
  });
}

std::tuple<Tensor, Tensor> norm_autograd(const Tensor& x, const Tensor& weight,
                                         const MaybeTensor& bias, int64_t kind, double eps) {
  const variable_list out = NormFunction::apply(x, weight, bias, kind, eps);
  return {out[0], out[1]};
}

Tensor norm(const Tensor& x, const Tensor& weight, const Tensor& bias, NormKind kind, double eps) {
  if (kind == NormKind::kNone) {
    return x;
  }
  return std::get<0>(norm_op().call(x, weight, maybe(bias), static_cast<int64_t>(kind), eps));
}

}  // namespace tpretrain::ops
