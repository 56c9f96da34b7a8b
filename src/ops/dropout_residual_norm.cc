#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "kernels/dropout.h"
#include "kernels/norm.h"
#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/norm_rows.h"
#include "ops/parallel.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;
using Three = std::tuple<Tensor, Tensor, Tensor>;
using Five = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>;

constexpr int64_t kResidualNormInputs = 10;

const auto& residual_norm_op() {
  static const auto op =
      find_op<Three(const Tensor&, const MaybeTensor&, const Tensor&, const MaybeTensor&,
                    const MaybeTensor&, int64_t, double, double, int64_t, const MaybeTensor&)>(
          "tpretrain::dropout_residual_norm");
  return op;
}

const auto& residual_norm_backward_op() {
  static const auto op =
      find_op<Five(const MaybeTensor&, const MaybeTensor&, const Tensor&, const Tensor&,
                   const MaybeTensor&, int64_t, double, int64_t, const MaybeTensor&,
                   std::array<bool, 4>)>("tpretrain::dropout_residual_norm_backward");
  return op;
}

class DropoutResidualNormFunction : public torch::autograd::Function<DropoutResidualNormFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& x, const MaybeTensor& x_bias,
                               const Tensor& residual, const MaybeTensor& weight,
                               const MaybeTensor& bias, int64_t kind, double eps, double p,
                               int64_t key, const MaybeTensor& token_key) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [y, sum, stats] =
        residual_norm_op().call(x, x_bias, residual, weight, bias, kind, eps, p, key, token_key);
    // Without a norm, y stays empty and backward needs no values of `sum`.
    ctx->save_for_backward({has_norm(kind) ? sum : stats, stats, value(weight), value(token_key)});
    ctx->mark_non_differentiable({stats});
    ctx->saved_data["given"] =
        c10::List<bool>({value(x_bias).defined(), value(weight).defined(), value(bias).defined()});
    ctx->saved_data["kind"] = kind;
    ctx->saved_data["p"] = p;
    ctx->saved_data["key"] = key;
    return {y, sum, stats};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    const auto saved = ctx->get_saved_variables();
    const int64_t kind = ctx->saved_data["kind"].toInt();
    const Tensor grad_y = has_norm(kind) ? grads[0] : Tensor();
    if (!grad_y.defined() && !grads[1].defined()) {
      return variable_list(kResidualNormInputs);
    }
    const c10::List<bool> given = ctx->saved_data["given"].toBoolList();
    NeedsGrad needs(ctx);
    const bool needs_x = needs.next();
    const bool needs_x_bias = needs.next(given[0]);
    needs.next();
    const bool needs_weight = needs.next(given[1]);
    const bool needs_bias = needs.next(given[2]);
    auto [dx, dx_bias, dresidual, dweight, dbias] = residual_norm_backward_op().call(
        maybe(grad_y), maybe(grads[1]), saved[0], saved[1], maybe(saved[2]), kind,
        ctx->saved_data["p"].toDouble(), ctx->saved_data["key"].toInt(), maybe(saved[3]),
        {needs_x, needs_x_bias, needs_weight, needs_bias});
    variable_list result(kResidualNormInputs);
    result[0] = dx.defined() || !needs_x ? dx : dresidual;
    result[1] = dx_bias;
    result[2] = dresidual;
    result[3] = dweight;
    result[4] = dbias;
    return result;
  }
};

}  // namespace

Three dropout_residual_norm_cpu(const Tensor& x, const MaybeTensor& x_bias, const Tensor& residual,
                                const MaybeTensor& weight, const MaybeTensor& bias, int64_t kind,
                                double eps, double p, int64_t key, const MaybeTensor& token_key) {
  check_shape("x", x, {{"T"}, {"D"}});
  check_float("x", x);
  const int64_t rows = x.size(0);
  const int64_t cols = x.size(1);
  check_shape("residual", residual, {{"T", rows}, {"D", cols}});
  check_dtype("residual", residual, x.scalar_type());
  check_optional_vector("x_bias", x_bias, "D", cols, x);
  const kernels::Norm norm =
      has_norm(kind) ? check_norm(kind, value(weight), bias, x) : kernels::Norm::kLayer;
  const Tensor tokens = check_dropout(p, token_key, rows);
  const Tensor x_flat = x.contiguous();
  const Tensor residual_flat = residual.contiguous();
  const MaybeTensor x_shift = contiguous(x_bias);
  const MaybeTensor scale = contiguous(weight);
  const MaybeTensor shift = contiguous(bias);
  Tensor sum = at::empty_like(x_flat);
  Tensor y = has_norm(kind) ? at::empty_like(x_flat) : at::empty({0}, x.options());
  Tensor stats = at::empty({has_norm(kind) ? rows : 0, 2}, x.options());
  with_float(x, [&]<typename T>() {
    const kernels::DropoutRule rule = kernels::dropout_rule(p, key);
    const T* x_data = x_flat.const_data_ptr<T>();
    const T* r_data = residual_flat.const_data_ptr<T>();
    const T* xb_data = data_or_null<T>(x_shift);
    const T* w_data = data_or_null<T>(scale);
    const T* b_data = data_or_null<T>(shift);
    const int64_t* t_data = tokens.defined() ? tokens.const_data_ptr<int64_t>() : nullptr;
    T* sum_data = sum.mutable_data_ptr<T>();
    T* y_data = y.mutable_data_ptr<T>();
    T* stats_data = stats.mutable_data_ptr<T>();
    const Blocks blocks = row_blocks(rows, cols);
    parallel_blocks(blocks.count(), [&](int64_t block) {
      const int64_t r = blocks.begin(block);
      const int64_t length = blocks.length(block);
      kernels::dropout_kernels<T>().forward(rule, t_data == nullptr ? nullptr : t_data + r, length,
                                            cols, x_data + r * cols, xb_data, r_data + r * cols,
                                            sum_data + r * cols);
      if (has_norm(kind)) {
        kernels::norm_kernels<T>().forward(norm, length, cols, eps, sum_data + r * cols, w_data,
                                           b_data, y_data + r * cols, stats_data + 2 * r);
      }
    });
  });
  return {y, sum, stats};
}

/// Returns (dx, dx_bias, dresidual, dweight, dbias); dx is undefined where it equals dresidual.
Five dropout_residual_norm_backward_cpu(const MaybeTensor& grad_y, const MaybeTensor& grad_sum,
                                        const Tensor& sum, const Tensor& stats,
                                        const MaybeTensor& weight, int64_t kind, double p,
                                        int64_t key, const MaybeTensor& token_key,
                                        std::array<bool, 4> mask) {
  const Tensor like = value(grad_y).defined() ? *grad_y : value(grad_sum);
  check_shape("grad", like, {{"T"}, {"D"}});
  const int64_t rows = like.size(0);
  const int64_t cols = like.size(1);
  const bool through_norm = value(grad_y).defined();
  const kernels::Norm norm =
      through_norm ? check_norm(kind, value(weight), {}, sum) : kernels::Norm::kLayer;
  const Tensor tokens = check_dropout(p, token_key, rows);
  const MaybeTensor dy = contiguous(grad_y);
  const MaybeTensor more = contiguous(grad_sum);
  const MaybeTensor scale = contiguous(weight);
  const Tensor dsum = through_norm ? at::empty({rows, cols}, like.options()) : *more;
  const bool own_dx = p > 0 && (mask[0] || mask[1]);
  Tensor dx = own_dx ? at::empty({rows, cols}, like.options()) : Tensor();
  return with_float(like, [&]<typename T>() {
    const kernels::DropoutRule rule = kernels::dropout_rule(p, key);
    const Blocks blocks = row_blocks(rows, cols);
    const PartialSums<T> dx_bias(mask[1], blocks.count(), cols, like.options());
    const PartialSums<T> dweight(mask[2] && through_norm, blocks.count(), cols, like.options());
    const PartialSums<T> dbias(mask[3] && through_norm, blocks.count(), cols, like.options());
    const T* dy_data = data_or_null<T>(dy);
    const T* more_data = data_or_null<T>(more);
    const T* sum_data = through_norm ? sum.const_data_ptr<T>() : nullptr;
    const T* stats_data = through_norm ? stats.const_data_ptr<T>() : nullptr;
    const T* w_data = data_or_null<T>(scale);
    const int64_t* t_data = tokens.defined() ? tokens.const_data_ptr<int64_t>() : nullptr;
    T* out = through_norm ? dsum.mutable_data_ptr<T>() : nullptr;
    const T* dsum_data = dsum.const_data_ptr<T>();
    T* dx_data = own_dx ? dx.mutable_data_ptr<T>() : nullptr;
    parallel_blocks(blocks.count(), [&](int64_t block) {
      const int64_t r = blocks.begin(block);
      const int64_t i = r * cols;
      const int64_t length = blocks.length(block);
      if (through_norm) {
        kernels::norm_kernels<T>().backward(norm, length, cols, dy_data + i, sum_data + i,
                                            stats_data + 2 * r, w_data,
                                            more_data == nullptr ? nullptr : more_data + i, out + i,
                                            dweight.open(block), dbias.open(block));
      }
      T* bias_row = dx_bias.open(block);
      if (dx_data != nullptr) {
        kernels::dropout_kernels<T>().backward(rule, t_data + r, length, cols, dsum_data + i,
                                               dx_data + i, bias_row);
      } else if (bias_row != nullptr) {
        kernels::row_kernels<T>().column_sums(length, cols, dsum_data + i, bias_row);
      }
    });
    return Five{dx, dx_bias.total({cols}), dsum, dweight.total({cols}), dbias.total({cols})};
  });
}

Three dropout_residual_norm_autograd(const Tensor& x, const MaybeTensor& x_bias,
                                     const Tensor& residual, const MaybeTensor& weight,
                                     const MaybeTensor& bias, int64_t kind, double eps, double p,
                                     int64_t key, const MaybeTensor& token_key) {
  const variable_list out = DropoutResidualNormFunction::apply(x, x_bias, residual, weight, bias,
                                                               kind, eps, p, key, token_key);
  return {out[0], out[1], out[2]};
}

std::tuple<Tensor, Tensor> dropout_residual_norm(const Tensor& x, const Tensor& x_bias,
                                                 const Tensor& residual, const Tensor& weight,
                                                 const Tensor& bias, NormKind kind, double eps,
                                                 Dropout dropout, const Tensor& token_key) {
  const auto [y, sum, stats] = residual_norm_op().call(x, maybe(x_bias), residual, maybe(weight),
                                                       maybe(bias), static_cast<int64_t>(kind), eps,
                                                       dropout.p, dropout.key, maybe(token_key));
  return {kind == NormKind::kNone ? sum : y, sum};
}

}  // namespace tpretrain::ops
