#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "kernels/rows.h"
#include "ops/blas.h"
#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/parallel.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;

/// A product [rows, cols] cut into about 16 pieces, so that up to 16 threads find work, and none so
/// thin that the BLAS spends its time packing operands.
struct ProductGrid {
  Blocks rows;
  Blocks cols;

  int64_t count() const { return rows.count() * cols.count(); }
};

int64_t piece_size(int64_t size, int64_t parts, int64_t least) {
  const int64_t even = (size + parts - 1) / parts;
  return std::max(least, (even + 31) / 32 * 32);
}

ProductGrid product_grid(int64_t rows, int64_t cols) {
  const Blocks by_rows{rows, std::min<int64_t>(piece_size(rows, 16, 64), 512)};
  const int64_t parts = by_rows.count() >= 8 ? 1 : 16 / std::max<int64_t>(by_rows.count(), 1);
  return {by_rows, {cols, parts == 1 ? std::max<int64_t>(cols, 1) : piece_size(cols, parts, 128)}};
}

template <typename T>
void multiply(const Tensor& x, const Tensor& weight, const T* bias, Tensor& y) {
  const int64_t k = x.size(1);
  const int64_t n = weight.size(0);
  const T* x_data = x.const_data_ptr<T>();
  const T* w_data = weight.const_data_ptr<T>();
  T* y_data = y.mutable_data_ptr<T>();
  const ProductGrid grid = product_grid(x.size(0), n);
  parallel_blocks(grid.count(), [&](int64_t block) {
    const int64_t row_block = block / grid.cols.count();
    const int64_t r = grid.rows.begin(row_block);
    const int64_t c = grid.cols.begin(block % grid.cols.count());
    const int64_t rows = grid.rows.length(row_block);
    const int64_t cols = grid.cols.length(block % grid.cols.count());
    T* out = y_data + r * n + c;
    if (bias != nullptr) {
      for (int64_t i = 0; i < rows; ++i) {
        std::copy_n(bias + c, cols, out + i * n);
      }
    }
    gemm<T>(rows, cols, k, 1, {x_data + r * k, k}, {w_data + c * k, k, true},
            bias == nullptr ? 0 : 1, out, n);
  });
}

/// dx [rows, k] = dy [rows, n] weight [n, k].
template <typename T>
Tensor grad_of_x(const Tensor& dy, const Tensor& weight) {
  const int64_t n = weight.size(0);
  const int64_t k = weight.size(1);
  Tensor dx = at::empty({dy.size(0), k}, dy.options());
  const T* dy_data = dy.const_data_ptr<T>();
  const T* w_data = weight.const_data_ptr<T>();
  T* dx_data = dx.mutable_data_ptr<T>();
  const ProductGrid grid = product_grid(dy.size(0), k);
  parallel_blocks(grid.count(), [&](int64_t block) {
    const int64_t row_block = block / grid.cols.count();
    const int64_t r = grid.rows.begin(row_block);
    const int64_t c = grid.cols.begin(block % grid.cols.count());
    gemm<T>(grid.rows.length(row_block), grid.cols.length(block % grid.cols.count()), n, 1,
            {dy_data + r * n, n}, {w_data + c, k}, 0, dx_data + r * k + c, k);
  });
  return dx;
}

/// dw [n, k] = dy^T x, a small one: partial products over runs of rows, added in order.
template <typename T>
Tensor grad_of_small_weight(const Tensor& dy, const Tensor& x) {
  const int64_t n = dy.size(1);
  const int64_t k = x.size(1);
  const Blocks runs{x.size(0), std::max<int64_t>(512, piece_size(x.size(0), 16, 32))};
  const PartialSums<T> sums(true, runs.count(), n * k, x.options());
  const T* dy_data = dy.const_data_ptr<T>();
  const T* x_data = x.const_data_ptr<T>();
  parallel_blocks(runs.count(), [&](int64_t run) {
    const int64_t r = runs.begin(run);
    gemm<T>(n, k, runs.length(run), 1, {dy_data + r * n, n, true}, {x_data + r * k, k}, 0,
            sums.open_raw(run), k);
  });
  return sums.total({n, k});
}

/// dw [n, k] = dy^T x, cut along the longer side; each piece sums over all rows in one product.
template <typename T>
Tensor grad_of_large_weight(const Tensor& dy, const Tensor& x) {
  const int64_t n = dy.size(1);
  const int64_t k = x.size(1);
  Tensor dw = at::empty({n, k}, x.options());
  const T* dy_data = dy.const_data_ptr<T>();
  const T* x_data = x.const_data_ptr<T>();
  T* dw_data = dw.mutable_data_ptr<T>();
  const bool by_rows = n >= k;
  const Blocks pieces{by_rows ? n : k, piece_size(by_rows ? n : k, 8, 128)};
  parallel_blocks(pieces.count(), [&](int64_t i) {
    const int64_t begin = pieces.begin(i);
    const int64_t length = pieces.length(i);
    if (by_rows) {
      gemm<T>(length, k, x.size(0), 1, {dy_data + begin, n, true}, {x_data, k}, 0,
              dw_data + begin * k, k);
    } else {
      gemm<T>(n, length, x.size(0), 1, {dy_data, n, true}, {x_data + begin, k}, 0, dw_data + begin,
              k);
    }
  });
  return dw;
}

template <typename T>
Tensor grad_of_weight(const Tensor& dy, const Tensor& x) {
  constexpr int64_t kSmall = 128 * 1024;
  if (x.size(0) == 0) {
    return at::zeros({dy.size(1), x.size(1)}, x.options());
  }
  return x.size(0) >= 1024 && dy.size(1) * x.size(1) <= kSmall ? grad_of_small_weight<T>(dy, x)
                                                               : grad_of_large_weight<T>(dy, x);
}

template <typename T>
Tensor grad_of_bias(const Tensor& dy) {
  const int64_t n = dy.size(1);
  const Blocks blocks = row_blocks(dy.size(0), n);
  const PartialSums<T> sums(true, blocks.count(), n, dy.options());
  const T* data = dy.const_data_ptr<T>();
  parallel_blocks(blocks.count(), [&](int64_t block) {
    kernels::row_kernels<T>().column_sums(blocks.length(block), n, data + blocks.begin(block) * n,
                                          sums.open(block));
  });
  return sums.total({n});
}

const auto& linear_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, const MaybeTensor&)>("tpretrain::linear");
  return op;
}

const auto& linear_backward_op() {
  static const auto op = find_op<std::tuple<Tensor, Tensor, Tensor>(
      const Tensor&, const Tensor&, const Tensor&, std::array<bool, 3>)>(
      "tpretrain::linear_backward");
  return op;
}

class LinearFunction : public torch::autograd::Function<LinearFunction> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight,
                        const MaybeTensor& bias) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    ctx->save_for_backward({x, weight});
    ctx->saved_data["bias"] = value(bias).defined();
    return linear_op().call(x, weight, bias);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(3);
    }
    const auto saved = ctx->get_saved_variables();
    NeedsGrad needs(ctx);
    const bool needs_x = needs.next();
    const bool needs_weight = needs.next();
    const bool needs_bias = needs.next(ctx->saved_data["bias"].toBool());
    auto [dx, dweight, dbias] = linear_backward_op().call(grads[0], saved[0], saved[1],
                                                          {needs_x, needs_weight, needs_bias});
    return {dx, dweight, dbias};
  }
};

}  // namespace

Tensor linear_cpu(const Tensor& x, const Tensor& weight, const MaybeTensor& bias) {
  check_shape("x", x, {{"T"}, {"K"}});
  check_float("x", x);
  check_shape("weight", weight, {{"N"}, {"K", x.size(1)}});
  check_dtype("weight", weight, x.scalar_type());
  check_optional_vector("bias", bias, "N", weight.size(0), x);
  const MaybeTensor flat_bias = contiguous(bias);
  Tensor y = at::empty({x.size(0), weight.size(0)}, x.options());
  with_float(x, [&]<typename T>() {
    multiply<T>(x.contiguous(), weight.contiguous(), data_or_null<T>(flat_bias), y);
  });
  return y;
}

std::tuple<Tensor, Tensor, Tensor> linear_backward_cpu(const Tensor& grad, const Tensor& x,
                                                       const Tensor& weight,
                                                       std::array<bool, 3> mask) {
  check_shape("grad", grad, {{"T", x.size(0)}, {"N", weight.size(0)}});
  check_dtype("grad", grad, x.scalar_type());
  const Tensor dy = grad.contiguous();
  return with_float(x, [&]<typename T>() {
    return std::tuple(mask[0] ? grad_of_x<T>(dy, weight.contiguous()) : Tensor(),
                      mask[1] ? grad_of_weight<T>(dy, x.contiguous()) : Tensor(),
                      mask[2] ? grad_of_bias<T>(dy) : Tensor());
  });
}

Tensor linear_autograd(const Tensor& x, const Tensor& weight, const MaybeTensor& bias) {
  return LinearFunction::apply(x, weight, bias);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return linear_op().call(x, weight, maybe(bias));
}

}  // namespace tpretrain::ops
