#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ops/empty.h>

#include "kernels/contrastive.h"
#include "kernels/rows.h"
#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/pair_losses.h"
#include "ops/pair_tiles.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;
using MatrixOut = std::tuple<Tensor, Tensor, Tensor>;

const auto& matrix_cross_entropy_op() {
  static const auto op = find_op<MatrixOut(const Tensor&, const Tensor&, const Tensor&, double)>(
      "tpretrain::matrix_cross_entropy");
  return op;
}

const auto& matrix_cross_entropy_backward_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                     double)>("tpretrain::matrix_cross_entropy_backward");
  return op;
}

class MatrixCrossEntropyFunction : public torch::autograd::Function<MatrixCrossEntropyFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& logits, const Tensor& row_group,
                               const Tensor& column_group, double smoothing) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [loss, correct, lse] =
        matrix_cross_entropy_op().call(logits, row_group, column_group, smoothing);
    ctx->save_for_backward({logits, row_group, column_group, lse});
    ctx->mark_non_differentiable({correct, lse});
    ctx->saved_data["smoothing"] = smoothing;
    return {loss, correct, lse};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(4);
    }
    const auto saved = ctx->get_saved_variables();
    return {
        matrix_cross_entropy_backward_op().call(grads[0], saved[0], saved[1], saved[2], saved[3],
                                                ctx->saved_data["smoothing"].toDouble()),
        {},
        {},
        {}};
  }
};

struct MatrixInputs {
  MatrixInputs(const Tensor& given_logits, const Tensor& given_row_group,
               const Tensor& given_column_group, double smoothing)
      : logits(check_logits(given_logits)),
        row_group(check_groups("row_group", given_row_group, "R", logits.size(0))),
        column_group(check_groups("column_group", given_column_group, "N", logits.size(1))),
        lists(group_span(row_group), group_span(column_group)),
        target{smoothing, logits.size(1)} {
    check_smoothing(smoothing);
    check_no_lonely(lists, "row_group", "column_group", row_group);
  }

  static Tensor check_logits(const Tensor& logits) {
    check_shape("logits", logits, {{"R"}, {"N"}});
    check_float("logits", logits);
    return logits.contiguous();
  }

  Blocks blocks() const { return row_blocks(logits.size(0), logits.size(1)); }

  /// A block of rows with all their columns.
  PairBlock block(int64_t index) const {
    const int64_t cols = logits.size(1);
    return {{blocks().length(index), cols, cols}, index, 0, blocks().begin(index), 0};
  }

  Tensor logits, row_group, column_group;
  GroupLists lists;
  PairTarget target;
};

template <typename T>
MatrixOut matrix_forward(const MatrixInputs& inputs) {
  const int64_t rows = inputs.logits.size(0);
  const int64_t cols = inputs.logits.size(1);
  const T* logits = inputs.logits.const_data_ptr<T>();
  std::vector<kernels::PairPart<T>> parts(static_cast<size_t>(rows));
  parallel_blocks(inputs.blocks().count(), [&](int64_t index) {
    const PairBlock block = inputs.block(index);
    const T* scores = logits + block.first_row * cols;
    kernels::PairPart<T>* out = parts.data() + block.first_row;
    kernels::contrastive_kernels<T>().softmax_rows(block.tile, scores, out);
    for_each_positive(inputs.lists, block,
                      [&](int64_t r, int64_t c) { out[r].positive += scores[r * cols + c]; });
  });
  Tensor lse = at::empty({rows}, inputs.logits.options());
  PairTotals totals;
  add_softmax_losses<T>({parts.data(),
                         rows,
                         {cols, std::max<int64_t>(cols, 1)},
                         group_span(inputs.row_group),
                         group_span(inputs.column_group)},
                        inputs.lists, inputs.target, lse.mutable_data_ptr<T>(), &totals);
  const auto [loss, correct] = pair_outputs<T>(totals, inputs.logits.options());
  return {loss, correct, lse};
}

template <typename T>
void matrix_gradient(const MatrixInputs& inputs, T upstream, const T* lse, T* grad) {
  const int64_t cols = inputs.logits.size(1);
  const T* logits = inputs.logits.const_data_ptr<T>();
  parallel_blocks(inputs.blocks().count(), [&](int64_t index) {
    const PairBlock block = inputs.block(index);
    T* out = grad + block.first_row * cols;
    kernels::contrastive_kernels<T>().softmax_gradient(
        block.tile, logits + block.first_row * cols, lse + block.first_row, nullptr,
        static_cast<T>(inputs.target.everywhere()), out);
    for_each_positive(inputs.lists, block, [&](int64_t r, int64_t c) {
      out[r * cols + c] -=
          static_cast<T>(inputs.target.each(inputs.lists.count(block.first_row + r)));
    });
    kernels::row_kernels<T>().scale(block.tile.rows * cols, upstream, out, out);
  });
}

}  // namespace

MatrixOut matrix_cross_entropy_cpu(const Tensor& logits, const Tensor& row_group,
                                   const Tensor& column_group, double smoothing) {
  const MatrixInputs inputs(logits, row_group, column_group, smoothing);
  return with_float(logits, [&]<typename T>() { return matrix_forward<T>(inputs); });
}

Tensor matrix_cross_entropy_backward_cpu(const Tensor& grad, const Tensor& logits,
                                         const Tensor& row_group, const Tensor& column_group,
                                         const Tensor& lse, double smoothing) {
  const MatrixInputs inputs(logits, row_group, column_group, smoothing);
  check_shape("grad", grad, {});
  check_dtype("grad", grad, logits.scalar_type());
  check_shape("lse", lse, {{"R", logits.size(0)}});
  Tensor dlogits = at::empty(logits.sizes(), logits.options());
  with_float(logits, [&]<typename T>() {
    matrix_gradient<T>(inputs, *grad.const_data_ptr<T>(), lse.const_data_ptr<T>(),
                       dlogits.mutable_data_ptr<T>());
  });
  return dlogits;
}

MatrixOut matrix_cross_entropy_autograd(const Tensor& logits, const Tensor& row_group,
                                        const Tensor& column_group, double smoothing) {
  const variable_list out =
      MatrixCrossEntropyFunction::apply(logits, row_group, column_group, smoothing);
  return {out[0], out[1], out[2]};
}

std::tuple<Tensor, Tensor> matrix_cross_entropy(const Tensor& logits, const Tensor& row_group,
                                                const Tensor& column_group, double smoothing) {
  const auto [loss, correct, lse] =
      matrix_cross_entropy_op().call(logits, row_group, column_group, smoothing);
  return {loss, correct};
}

}  // namespace tpretrain::ops
