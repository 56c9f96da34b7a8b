#include <cmath>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/util/StringUtil.h>

#include "kernels/rows.h"
#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/parallel.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;

const auto& normalize_op() {
  static const auto op =
      find_op<std::tuple<Tensor, Tensor>(const Tensor&, double)>("tpretrain::normalize");
  return op;
}

const auto& normalize_backward_op() {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&, const Tensor&, double)>(
      "tpretrain::normalize_backward");
  return op;
}

class NormalizeFunction : public torch::autograd::Function<NormalizeFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& x, double eps) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [y, length] = normalize_op().call(x, eps);
    ctx->save_for_backward({y, length});
    ctx->mark_non_differentiable({length});
    ctx->saved_data["eps"] = eps;
    return {y, length};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(2);
    }
    const auto saved = ctx->get_saved_variables();
    return {normalize_backward_op().call(grads[0], saved[0], saved[1],
                                         ctx->saved_data["eps"].toDouble()),
            {}};
  }
};

}  // namespace

std::tuple<Tensor, Tensor> normalize_cpu(const Tensor& x, double eps) {
  check_shape("x", x, {{"T"}, {"D"}});
  check_float("x", x);
  if (!(eps > 0)) {
    fail_argument("eps", "greater than 0", c10::str(eps));
  }
  const Tensor flat = x.contiguous();
  const int64_t cols = x.size(1);
  Tensor y = at::empty(x.sizes(), x.options());
  Tensor length = at::empty({x.size(0)}, x.options());
  with_float(x, [&]<typename T>() {
    const auto& kernels = kernels::row_kernels<T>();
    const T* x_data = flat.const_data_ptr<T>();
    T* y_data = y.mutable_data_ptr<T>();
    T* length_data = length.mutable_data_ptr<T>();
    const Blocks blocks = row_blocks(x.size(0), cols);
    parallel_blocks(blocks.count(), [&](int64_t block) {
      for (int64_t r = blocks.begin(block); r < blocks.end(block); ++r) {
        const double size = std::sqrt(kernels.sum_of_squares(cols, x_data + r * cols));
        length_data[r] = static_cast<T>(size);
        kernels.scale(cols, static_cast<T>(1 / std::max(size, eps)), x_data + r * cols,
                      y_data + r * cols);
      }
    });
  });
  return {y, length};
}

/// dx = (dy - y <y, dy>) / |x|; below eps, where the divisor is constant, dx = dy / eps.
Tensor normalize_backward_cpu(const Tensor& grad, const Tensor& y, const Tensor& length,
                              double eps) {
  check_shape("y", y, {{"T"}, {"D"}});
  check_float("y", y);
  const int64_t cols = y.size(1);
  check_shape("grad", grad, {{"T", y.size(0)}, {"D", cols}});
  check_dtype("grad", grad, y.scalar_type());
  check_shape("length", length, {{"T", y.size(0)}});
  check_dtype("length", length, y.scalar_type());
  const Tensor dy = grad.contiguous();
  const Tensor units = y.contiguous();
  const Tensor lengths = length.contiguous();
  Tensor dx = at::empty(y.sizes(), y.options());
  with_float(y, [&]<typename T>() {
    const auto& kernels = kernels::row_kernels<T>();
    const T* dy_data = dy.const_data_ptr<T>();
    const T* y_data = units.const_data_ptr<T>();
    const T* length_data = lengths.const_data_ptr<T>();
    T* dx_data = dx.mutable_data_ptr<T>();
    const Blocks blocks = row_blocks(y.size(0), cols);
    parallel_blocks(blocks.count(), [&](int64_t block) {
      for (int64_t r = blocks.begin(block); r < blocks.end(block); ++r) {
        const T* dy_row = dy_data + r * cols;
        const T* y_row = y_data + r * cols;
        T* dx_row = dx_data + r * cols;
        const double size = static_cast<double>(length_data[r]);
        kernels.scale(cols, static_cast<T>(1 / std::max(size, eps)), dy_row, dx_row);
        if (size > eps) {
          const double along = kernels.dot(cols, y_row, dy_row) / size;
          kernels.add_scaled(cols, static_cast<T>(-along), y_row, dx_row);
        }
      }
    });
  });
  return dx;
}

std::tuple<Tensor, Tensor> normalize_autograd(const Tensor& x, double eps) {
  const variable_list out = NormalizeFunction::apply(x, eps);
  return {out[0], out[1]};
}

Tensor normalize(const Tensor& x, double eps) {
  return std::get<0>(normalize_op().call(x, eps));
}

}  // namespace tpretrain::ops
