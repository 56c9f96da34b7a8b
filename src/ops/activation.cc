/// bias_activation and gated_activation: the same op over rows of width F or 2F.
#include "kernels/activation.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/util/StringUtil.h>

#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/parallel.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;
using kernels::Act;

static_assert(static_cast<int64_t>(Activation::kGelu) == static_cast<int64_t>(Act::kGelu) &&
              static_cast<int64_t>(Activation::kNone) == static_cast<int64_t>(Act::kNone));

using ActivationForward = Tensor(const Tensor&, const MaybeTensor&, int64_t);
using ActivationBackward = std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&,
                                                      const MaybeTensor&, int64_t, bool);

const auto& activation_op(bool gated) {
  static const auto plain_op = find_op<ActivationForward>("tpretrain::bias_activation");
  static const auto gated_op = find_op<ActivationForward>("tpretrain::gated_activation");
  return gated ? gated_op : plain_op;
}

const auto& activation_backward_op(bool gated) {
  static const auto plain_op = find_op<ActivationBackward>("tpretrain::bias_activation_backward");
  static const auto gated_op = find_op<ActivationBackward>("tpretrain::gated_activation_backward");
  return gated ? gated_op : plain_op;
}

template <bool kGated>
class ActivationFunction : public torch::autograd::Function<ActivationFunction<kGated>> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const MaybeTensor& bias,
                        int64_t activation) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    ctx->save_for_backward({x, value(bias)});
    ctx->saved_data["activation"] = activation;
    return activation_op(kGated).call(x, bias, activation);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(3);
    }
    const auto saved = ctx->get_saved_variables();
    NeedsGrad needs(ctx);
    needs.next();
    const bool needs_bias = needs.next(saved[1].defined());
    auto [dx, dbias] = activation_backward_op(kGated).call(
        grads[0], saved[0], maybe(saved[1]), ctx->saved_data["activation"].toInt(), needs_bias);
    return {dx, dbias, {}};
  }
};

Act check_activation(const Tensor& x, const MaybeTensor& bias, int64_t activation, bool gated) {
  check_shape("x", x, {{"T"}, {gated ? "2 F" : "F"}});
  check_float("x", x);
  if (gated && x.size(1) % 2 != 0) {
    fail_argument("x", "[T, 2 F]", c10::str(x.size(1), " wide"));
  }
  check_optional_vector("bias", bias, gated ? "2 F" : "F", x.size(1), x);
  if (activation < 0 || activation > static_cast<int64_t>(Act::kNone)) {
    fail_argument("activation", "in [0, 6]", c10::str(activation));
  }
  return static_cast<Act>(activation);
}

Tensor activate(const Tensor& x, const MaybeTensor& bias, int64_t activation, bool gated) {
  const Act act = check_activation(x, bias, activation, gated);
  const Tensor flat = x.contiguous();
  const MaybeTensor shift = contiguous(bias);
  const int64_t width = x.size(1);
  const int64_t cols = gated ? width / 2 : width;
  Tensor y = at::empty({x.size(0), cols}, x.options());
  with_float(x, [&]<typename T>() {
    const auto& table = kernels::activation_kernels<T>();
    const auto kernel = gated ? table.gated_forward : table.forward;
    const T* x_data = flat.const_data_ptr<T>();
    const T* b_data = data_or_null<T>(shift);
    T* y_data = y.mutable_data_ptr<T>();
    const Blocks blocks = row_blocks(x.size(0), width);
    parallel_blocks(blocks.count(), [&](int64_t block) {
      const int64_t r = blocks.begin(block);
      kernel(act, blocks.length(block), cols, x_data + r * width, b_data, y_data + r * cols);
    });
  });
  return y;
}

std::tuple<Tensor, Tensor> activate_backward(const Tensor& grad, const Tensor& x,
                                             const MaybeTensor& bias, int64_t activation,
                                             bool needs_bias, bool gated) {
  const Act act = check_activation(x, bias, activation, gated);
  const int64_t width = x.size(1);
  const int64_t cols = gated ? width / 2 : width;
  check_shape("grad", grad, {{"T", x.size(0)}, {"F", cols}});
  check_dtype("grad", grad, x.scalar_type());
  const Tensor dy = grad.contiguous();
  const Tensor flat = x.contiguous();
  const MaybeTensor shift = contiguous(bias);
  Tensor dx = at::empty_like(flat);
  return with_float(x, [&]<typename T>() {
    const auto& table = kernels::activation_kernels<T>();
    const auto kernel = gated ? table.gated_backward : table.backward;
    const Blocks blocks = row_blocks(x.size(0), width);
    const PartialSums<T> dbias(needs_bias, blocks.count(), width, x.options());
    const T* dy_data = dy.const_data_ptr<T>();
    const T* x_data = flat.const_data_ptr<T>();
    const T* b_data = data_or_null<T>(shift);
    T* dx_data = dx.mutable_data_ptr<T>();
    parallel_blocks(blocks.count(), [&](int64_t block) {
      const int64_t r = blocks.begin(block);
      kernel(act, blocks.length(block), cols, dy_data + r * cols, x_data + r * width, b_data,
             dx_data + r * width, dbias.open(block));
    });
    return std::tuple(dx, dbias.total({width}));
  });
}

}  // namespace

Tensor bias_activation_cpu(const Tensor& x, const MaybeTensor& bias, int64_t activation) {
  return activate(x, bias, activation, false);
}

std::tuple<Tensor, Tensor> bias_activation_backward_cpu(const Tensor& grad, const Tensor& x,
                                                        const MaybeTensor& bias, int64_t activation,
                                                        bool needs_bias) {
  return activate_backward(grad, x, bias, activation, needs_bias, false);
}

Tensor bias_activation_autograd(const Tensor& x, const MaybeTensor& bias, int64_t activation) {
  return ActivationFunction<false>::apply(x, bias, activation);
}

Tensor gated_activation_cpu(const Tensor& x, const MaybeTensor& bias, int64_t activation) {
  return activate(x, bias, activation, true);
}

std::tuple<Tensor, Tensor> gated_activation_backward_cpu(const Tensor& grad, const Tensor& x,
                                                         const MaybeTensor& bias,
                                                         int64_t activation, bool needs_bias) {
  return activate_backward(grad, x, bias, activation, needs_bias, true);
}

Tensor gated_activation_autograd(const Tensor& x, const MaybeTensor& bias, int64_t activation) {
  return ActivationFunction<true>::apply(x, bias, activation);
}

Tensor bias_activation(const Tensor& x, const Tensor& bias, Activation activation) {
  return activation_op(false).call(x, maybe(bias), static_cast<int64_t>(activation));
}

Tensor gated_activation(const Tensor& x, const Tensor& bias, Activation activation) {
  return activation_op(true).call(x, maybe(bias), static_cast<int64_t>(activation));
}

}  // namespace tpretrain::ops
