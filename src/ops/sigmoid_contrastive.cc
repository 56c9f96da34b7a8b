#include <array>
#include <vector>

#include <ATen/ops/empty.h>

#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/pair_backward.h"
#include "ops/pair_losses.h"
#include "ops/pair_tiles.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;
using SigmoidGrads = std::tuple<Tensor, Tensor, Tensor, Tensor>;

const auto& sigmoid_contrastive_op() {
  static const auto op = find_op<std::tuple<Tensor, Tensor>(
      const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&)>(
      "tpretrain::sigmoid_contrastive");
  return op;
}

const auto& sigmoid_contrastive_backward_op() {
  static const auto op =
      find_op<SigmoidGrads(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                           const Tensor&, const Tensor&, const Tensor&, std::array<bool, 4>)>(
          "tpretrain::sigmoid_contrastive_backward");
  return op;
}

class SigmoidContrastiveFunction : public torch::autograd::Function<SigmoidContrastiveFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& queries, const Tensor& keys,
                               const Tensor& scale, const Tensor& bias, const Tensor& query_group,
                               const Tensor& key_group) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [loss, correct] =
        sigmoid_contrastive_op().call(queries, keys, scale, bias, query_group, key_group);
    ctx->save_for_backward({queries, keys, scale, bias, query_group, key_group});
    ctx->mark_non_differentiable({correct});
    return {loss, correct};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(6);
    }
    const auto saved = ctx->get_saved_variables();
    NeedsGrad needs(ctx);
    std::array<bool, 4> mask{};
    for (bool& wanted : mask) {
      wanted = needs.next();
    }
    auto [dqueries, dkeys, dscale, dbias] = sigmoid_contrastive_backward_op().call(
        grads[0], saved[0], saved[1], saved[2], saved[3], saved[4], saved[5], mask);
    return {dqueries, dkeys, dscale, dbias, {}, {}};
  }
};

struct SigmoidInputs : PairInputs {
  SigmoidInputs(const Tensor& given_queries, const Tensor& given_keys, const Tensor& given_scale,
                const Tensor& given_bias, const Tensor& given_query_group,
                const Tensor& given_key_group)
      : PairInputs(given_queries, given_keys, given_scale, given_query_group, given_key_group),
        bias(given_bias),
        key_lists(keys_of_query()) {
    check_shape("bias", bias, {});
    check_dtype("bias", bias, queries.scalar_type());
  }

  Tensor bias;
  GroupLists key_lists;
};

/// sum log(1 + e^z) - sum over positives of z.
template <typename T>
std::tuple<Tensor, Tensor> sigmoid_forward(const SigmoidInputs& inputs) {
  const PairProblem<T> problem = inputs.problem<T>();
  const T bias = *inputs.bias.const_data_ptr<T>();
  std::vector<kernels::PairPart<T>> parts(
      static_cast<size_t>(problem.column_tiles().count() * problem.rows));
  for_each_pair_tile(problem, [&](const PairBlock& block, const T* scores) {
    kernels::PairPart<T>* out = parts.data() + block.column_tile * problem.rows + block.first_row;
    kernels::contrastive_kernels<T>().sigmoid_rows(block.tile, scores, bias, out);
    for_each_positive(inputs.key_lists, block, [&](int64_t r, int64_t c) {
      out[r].positive += scores[r * block.tile.stride + c] + bias;
    });
  });
  const PairSide<T> side{parts.data(), problem.rows, problem.column_tiles(),
                         group_span(inputs.query_group), group_span(inputs.key_group)};
  const auto loss_of = [&](int64_t row) {
    double loss = 0;
    for (int64_t i = 0; i < side.others.count(); ++i) {
      loss += static_cast<double>(side.part(i, row).total) -
              static_cast<double>(side.part(i, row).positive);
    }
    return loss;
  };
  PairTotals totals;
  add_pair_losses(side, loss_of, &totals);
  return pair_outputs<T>(totals, inputs.queries.options());
}

/// The gradient of z is sigmoid(z), less 1 where the pair is positive; that of the bias its sum.
template <typename T>
SigmoidGrads sigmoid_gradients(const SigmoidInputs& inputs, T upstream, std::array<bool, 4> mask) {
  const PairProblem<T> problem = inputs.problem<T>();
  const T bias = *inputs.bias.const_data_ptr<T>();
  std::vector<T> sums(static_cast<size_t>(problem.column_tiles().count() * problem.rows));
  const auto gradient = [&](const PairBlock& block, T* scores) {
    T* row_sums = sums.data() + block.column_tile * problem.rows + block.first_row;
    kernels::contrastive_kernels<T>().sigmoid_gradient(block.tile, scores, bias, scores, row_sums);
    for_each_positive(inputs.key_lists, block, [&](int64_t r, int64_t c) {
      scores[r * block.tile.stride + c] -= T{1};
      row_sums[r] -= T{1};
    });
  };
  const auto [dqueries, dkeys, dscale] = PairBackward(problem, inputs.queries.options(), upstream,
                                                      {mask[0], mask[1], mask[2]}, gradient)
                                             .result();
  Tensor dbias;
  if (mask[3]) {
    double total = 0;
    for (const T sum : sums) {
      total += static_cast<double>(sum);
    }
    dbias = at::empty({}, inputs.queries.options());
    *dbias.mutable_data_ptr<T>() = static_cast<T>(total) * upstream;
  }
  return {dqueries, dkeys, dscale, dbias};
}

}  // namespace

std::tuple<Tensor, Tensor> sigmoid_contrastive_cpu(const Tensor& queries, const Tensor& keys,
                                                   const Tensor& scale, const Tensor& bias,
                                                   const Tensor& query_group,
                                                   const Tensor& key_group) {
  const SigmoidInputs inputs(queries, keys, scale, bias, query_group, key_group);
  return with_float(queries, [&]<typename T>() { return sigmoid_forward<T>(inputs); });
}

SigmoidGrads sigmoid_contrastive_backward_cpu(const Tensor& grad, const Tensor& queries,
                                              const Tensor& keys, const Tensor& scale,
                                              const Tensor& bias, const Tensor& query_group,
                                              const Tensor& key_group, std::array<bool, 4> mask) {
  const SigmoidInputs inputs(queries, keys, scale, bias, query_group, key_group);
  check_shape("grad", grad, {});
  check_dtype("grad", grad, queries.scalar_type());
  return with_float(queries, [&]<typename T>() {
    return sigmoid_gradients<T>(inputs, *grad.const_data_ptr<T>(), mask);
  });
}

std::tuple<Tensor, Tensor> sigmoid_contrastive_autograd(const Tensor& queries, const Tensor& keys,
                                                        const Tensor& scale, const Tensor& bias,
                                                        const Tensor& query_group,
                                                        const Tensor& key_group) {
  const variable_list out =
      SigmoidContrastiveFunction::apply(queries, keys, scale, bias, query_group, key_group);
  return {out[0], out[1]};
}

std::tuple<Tensor, Tensor> sigmoid_contrastive(const Tensor& queries, const Tensor& keys,
                                               const Tensor& scale, const Tensor& bias,
                                               const Tensor& query_group, const Tensor& key_group) {
  return sigmoid_contrastive_op().call(queries, keys, scale, bias, query_group, key_group);
}

}  // namespace tpretrain::ops
