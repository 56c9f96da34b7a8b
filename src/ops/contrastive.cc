#include <array>
#include <cmath>
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
using kernels::PairPart;
using ContrastiveOut = std::tuple<Tensor, Tensor, Tensor, Tensor>;
using ContrastiveGrads = std::tuple<Tensor, Tensor, Tensor>;

const auto& contrastive_op() {
  static const auto op =
      find_op<ContrastiveOut(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                             const Tensor&, bool, double)>("tpretrain::contrastive");
  return op;
}

const auto& contrastive_backward_op() {
  static const auto op =
      find_op<ContrastiveGrads(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                               const Tensor&, const Tensor&, const Tensor&, const Tensor&, bool,
                               double, std::array<bool, 3>)>("tpretrain::contrastive_backward");
  return op;
}

class ContrastiveFunction : public torch::autograd::Function<ContrastiveFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& queries, const Tensor& keys,
                               const Tensor& scale, const Tensor& query_group,
                               const Tensor& key_group, bool columns, double smoothing) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [loss, correct, row_lse, column_lse] =
        contrastive_op().call(queries, keys, scale, query_group, key_group, columns, smoothing);
    ctx->save_for_backward({queries, keys, scale, query_group, key_group, row_lse, column_lse});
    ctx->mark_non_differentiable({correct, row_lse, column_lse});
    ctx->saved_data["columns"] = columns;
    ctx->saved_data["smoothing"] = smoothing;
    return {loss, correct, row_lse, column_lse};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(7);
    }
    const auto saved = ctx->get_saved_variables();
    NeedsGrad needs(ctx);
    const bool needs_queries = needs.next();
    const bool needs_keys = needs.next();
    const bool needs_scale = needs.next();
    auto [dqueries, dkeys, dscale] = contrastive_backward_op().call(
        grads[0], saved[0], saved[1], saved[2], saved[3], saved[4], saved[5], saved[6],
        ctx->saved_data["columns"].toBool(), ctx->saved_data["smoothing"].toDouble(),
        {needs_queries, needs_keys, needs_scale});
    return {dqueries, dkeys, dscale, {}, {}, {}, {}};
  }
};

/// The parts of both directions, [column tiles, rows] and [row tiles, columns].
template <typename T>
struct PairParts {
  std::vector<PairPart<T>> rows;
  std::vector<PairPart<T>> columns;
};

template <typename T>
PairParts<T> softmax_parts(const PairProblem<T>& problem, const GroupLists& keys_of_query,
                           bool columns) {
  PairParts<T> parts;
  parts.rows.resize(static_cast<size_t>(problem.column_tiles().count() * problem.rows));
  parts.columns.resize(columns ? static_cast<size_t>(problem.row_tiles().count() * problem.cols)
                               : 0);
  for_each_pair_tile(problem, [&](const PairBlock& block, const T* scores) {
    const auto& kernels = kernels::contrastive_kernels<T>();
    PairPart<T>* by_row = parts.rows.data() + block.column_tile * problem.rows + block.first_row;
    kernels.softmax_rows(block.tile, scores, by_row);
    PairPart<T>* by_column = nullptr;
    if (columns) {
      by_column = parts.columns.data() + block.row_tile * problem.cols + block.first_column;
      kernels.softmax_columns(block.tile, scores, by_column);
    }
    for_each_positive(keys_of_query, block, [&](int64_t r, int64_t c) {
      const T score = scores[r * block.tile.stride + c];
      by_row[r].positive += score;
      if (columns) {
        by_column[c].positive += score;
      }
    });
  });
  return parts;
}

/// What a positive pair takes from the gradient of its score, by owner.
template <typename T>
std::vector<T> positive_shares(const GroupLists& lists, int64_t owners, const PairTarget& target) {
  std::vector<T> shares(static_cast<size_t>(owners));
  for (int64_t i = 0; i < owners; ++i) {
    shares[static_cast<size_t>(i)] = static_cast<T>(target.each(lists.count(i)));
  }
  return shares;
}

/// Inputs with the lists of both directions; every owner has a positive.
struct ContrastiveInputs : PairInputs {
  ContrastiveInputs(const Tensor& given_queries, const Tensor& given_keys,
                    const Tensor& given_scale, const Tensor& given_query_group,
                    const Tensor& given_key_group, bool both, double smoothing)
      : PairInputs(given_queries, given_keys, given_scale, given_query_group, given_key_group),
        columns(both),
        key_lists(keys_of_query()),
        query_lists(queries_of_key()),
        row_target{smoothing, keys.size(0)},
        column_target{smoothing, queries.size(0)} {
    check_smoothing(smoothing);
    check_no_lonely(key_lists, "query_group", "key_group", query_group);
    if (columns) {
      check_no_lonely(query_lists, "key_group", "query_group", key_group);
    }
  }

  bool columns;
  GroupLists key_lists, query_lists;
  PairTarget row_target, column_target;
};

template <typename T>
ContrastiveGrads contrastive_gradients(const ContrastiveInputs& inputs, T upstream,
                                       const T* row_lse, const T* column_lse,
                                       std::array<bool, 3> mask) {
  const PairProblem<T> problem = inputs.problem<T>();
  const bool columns = inputs.columns;
  const auto row_shares = positive_shares<T>(inputs.key_lists, problem.rows, inputs.row_target);
  const auto column_shares =
      positive_shares<T>(inputs.query_lists, columns ? problem.cols : 0, inputs.column_target);
  const T everywhere = static_cast<T>(inputs.row_target.everywhere() +
                                      (columns ? inputs.column_target.everywhere() : 0));
  const auto gradient = [&](const PairBlock& block, T* scores) {
    kernels::contrastive_kernels<T>().softmax_gradient(
        block.tile, scores, row_lse + block.first_row,
        columns ? column_lse + block.first_column : nullptr, everywhere, scores);
    for_each_positive(inputs.key_lists, block, [&](int64_t r, int64_t c) {
      T& grad = scores[r * block.tile.stride + c];
      grad -= row_shares[static_cast<size_t>(block.first_row + r)];
      if (columns) {
        grad -= column_shares[static_cast<size_t>(block.first_column + c)];
      }
    });
  };
  return PairBackward(problem, inputs.queries.options(), upstream, mask, gradient).result();
}

}  // namespace

ContrastiveOut contrastive_cpu(const Tensor& queries, const Tensor& keys, const Tensor& scale,
                               const Tensor& query_group, const Tensor& key_group, bool columns,
                               double smoothing) {
  const ContrastiveInputs inputs(queries, keys, scale, query_group, key_group, columns, smoothing);
  Tensor row_lse = at::empty({queries.size(0)}, queries.options());
  Tensor column_lse = at::empty({columns ? keys.size(0) : 0}, queries.options());
  return with_float(queries, [&]<typename T>() -> ContrastiveOut {
    const PairProblem<T> problem = inputs.problem<T>();
    const PairParts<T> parts = softmax_parts<T>(problem, inputs.key_lists, columns);
    const auto rows = group_span(inputs.query_group);
    const auto cols = group_span(inputs.key_group);
    PairTotals totals;
    add_softmax_losses<T>({parts.rows.data(), problem.rows, problem.column_tiles(), rows, cols},
                          inputs.key_lists, inputs.row_target, row_lse.mutable_data_ptr<T>(),
                          &totals);
    if (columns) {
      add_softmax_losses<T>({parts.columns.data(), problem.cols, problem.row_tiles(), cols, rows},
                            inputs.query_lists, inputs.column_target,
                            column_lse.mutable_data_ptr<T>(), &totals);
    }
    const auto [loss, correct] = pair_outputs<T>(totals, queries.options());
    return {loss, correct, row_lse, column_lse};
  });
}

ContrastiveGrads contrastive_backward_cpu(const Tensor& grad, const Tensor& queries,
                                          const Tensor& keys, const Tensor& scale,
                                          const Tensor& query_group, const Tensor& key_group,
                                          const Tensor& row_lse, const Tensor& column_lse,
                                          bool columns, double smoothing,
                                          std::array<bool, 3> mask) {
  const ContrastiveInputs inputs(queries, keys, scale, query_group, key_group, columns, smoothing);
  check_shape("grad", grad, {});
  check_dtype("grad", grad, queries.scalar_type());
  check_shape("row_lse", row_lse, {{"R", queries.size(0)}});
  check_shape("column_lse", column_lse, {{"N", columns ? keys.size(0) : 0}});
  return with_float(queries, [&]<typename T>() {
    return contrastive_gradients<T>(inputs, *grad.const_data_ptr<T>(), row_lse.const_data_ptr<T>(),
                                    column_lse.const_data_ptr<T>(), mask);
  });
}

ContrastiveOut contrastive_autograd(const Tensor& queries, const Tensor& keys, const Tensor& scale,
                                    const Tensor& query_group, const Tensor& key_group,
                                    bool columns, double smoothing) {
  const variable_list out =
      ContrastiveFunction::apply(queries, keys, scale, query_group, key_group, columns, smoothing);
  return {out[0], out[1], out[2], out[3]};
}

std::tuple<Tensor, Tensor> contrastive(const Tensor& queries, const Tensor& keys,
                                       const Tensor& scale, const Tensor& query_group,
                                       const Tensor& key_group, bool columns, double smoothing) {
  const auto [loss, correct, row_lse, column_lse] =
      contrastive_op().call(queries, keys, scale, query_group, key_group, columns, smoothing);
  return {loss, correct};
}

}  // namespace tpretrain::ops
