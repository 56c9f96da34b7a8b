#include <vector>

#include <ATen/ops/empty.h>
#include <c10/util/StringUtil.h>

#include "kernels/dropout.h"
#include "kernels/norm.h"
#include "kernels/rows.h"
#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/norm_rows.h"
#include "ops/parallel.h"
#include "ops/table_gradient.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;
using Three = std::tuple<Tensor, Tensor, Tensor>;
using EmbeddingGradients = std::tuple<std::vector<Tensor>, Tensor, Tensor, Tensor, Tensor>;

const auto& embedding_sum_op() {
  static const auto op =
      find_op<Three(at::TensorList, at::TensorList, at::TensorList, const MaybeTensor&,
                    const MaybeTensor&, int64_t, double, double, int64_t, const MaybeTensor&)>(
          "tpretrain::embedding_sum");
  return op;
}

const auto& embedding_sum_backward_op() {
  static const auto op = find_op<EmbeddingGradients(
      const Tensor&, const Tensor&, const Tensor&, const MaybeTensor&, at::TensorList,
      at::IntArrayRef, int64_t, double, int64_t, const MaybeTensor&, std::array<bool, 3>)>(
      "tpretrain::embedding_sum_backward");
  return op;
}

class EmbeddingSumFunction : public torch::autograd::Function<EmbeddingSumFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, at::TensorList tables, at::TensorList indices,
                               at::TensorList dense, const MaybeTensor& weight,
                               const MaybeTensor& bias, int64_t kind, double eps, double p,
                               int64_t key, const MaybeTensor& token_key) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [y, sum, stats] =
        embedding_sum_op().call(tables, indices, dense, weight, bias, kind, eps, p, key, token_key);
    variable_list saved = {sum, stats, value(weight), value(token_key)};
    saved.insert(saved.end(), indices.begin(), indices.end());
    ctx->save_for_backward(saved);
    ctx->mark_non_differentiable({sum, stats});
    std::vector<int64_t> table_rows;
    for (const Tensor& table : tables) {
      table_rows.push_back(table.size(0));
    }
    c10::List<bool> is_row;
    for (const Tensor& term : dense) {
      is_row.push_back(term.dim() == 1);
    }
    ctx->saved_data["table_rows"] = table_rows;
    ctx->saved_data["is_row"] = is_row;
    ctx->saved_data["given"] = c10::List<bool>({value(weight).defined(), value(bias).defined()});
    ctx->saved_data["kind"] = kind;
    ctx->saved_data["p"] = p;
    ctx->saved_data["key"] = key;
    return {y, sum, stats};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    const auto saved = ctx->get_saved_variables();
    std::vector<int64_t> table_rows = ctx->saved_data["table_rows"].toIntVector();
    const c10::List<bool> is_row = ctx->saved_data["is_row"].toBoolList();
    const c10::List<bool> given = ctx->saved_data["given"].toBoolList();
    const size_t tables = table_rows.size();
    variable_list result(2 * tables + is_row.size() + 7);
    if (!grads[0].defined()) {
      return result;
    }
    NeedsGrad needs(ctx);
    for (int64_t& rows : table_rows) {
      rows = needs.next() ? rows : -1;
    }
    for (size_t i = 0; i < tables; ++i) {
      needs.next();  // an index
    }
    bool needs_row = false;
    for (size_t i = 0; i < is_row.size(); ++i) {
      needs_row = (needs.next() && is_row[i]) || needs_row;
    }
    const bool needs_weight = needs.next(given[0]);
    const bool needs_bias = needs.next(given[1]);
    const variable_list indices(saved.begin() + 4, saved.end());
    auto [dtables, dx, drow, dweight, dbias] = embedding_sum_backward_op().call(
        grads[0], saved[0], saved[1], maybe(saved[2]), indices, table_rows,
        ctx->saved_data["kind"].toInt(), ctx->saved_data["p"].toDouble(),
        ctx->saved_data["key"].toInt(), maybe(saved[3]), {needs_row, needs_weight, needs_bias});
    for (size_t i = 0; i < tables; ++i) {
      result[i] = table_rows[i] < 0 ? Tensor() : dtables[i];
    }
    for (size_t i = 0; i < is_row.size(); ++i) {
      result[2 * tables + i] = is_row[i] ? drow : dx;
    }
    result[2 * tables + is_row.size()] = dweight;
    result[2 * tables + is_row.size() + 1] = dbias;
    return result;
  }
};

/// The shape of the sum, from whichever term fixes it.
std::pair<int64_t, int64_t> sum_shape(at::TensorList tables, at::TensorList indices,
                                      at::TensorList dense) {
  if (tables.size() != indices.size()) {
    fail_argument("indices", c10::str("one for each of ", tables.size(), " tables"),
                  c10::str(indices.size()));
  }
  if (!tables.empty()) {
    check_shape("tables[0]", tables[0], {{"V"}, {"D"}});
    check_shape("indices[0]", indices[0], {{"T"}});
    return {indices[0].size(0), tables[0].size(1)};
  }
  for (const Tensor& term : dense) {
    if (term.dim() == 2) {
      return {term.size(0), term.size(1)};
    }
  }
  fail_argument("dense", "at least one [T, D] when there are no tables", "without");
}

template <typename T>
struct EmbeddingTerms {
  struct Lookup {
    const T* table;
    const int64_t* index;
  };

  struct Dense {
    const T* data;
    int64_t stride;  ///< 0 where one row is added to all
  };

  EmbeddingTerms(at::TensorList tables, at::TensorList indices, at::TensorList dense,
                 int64_t cols) {
    for (size_t i = 0; i < tables.size(); ++i) {
      lookups.push_back({tables[i].const_data_ptr<T>(), indices[i].const_data_ptr<int64_t>()});
    }
    for (const Tensor& term : dense) {
      denses.push_back({term.const_data_ptr<T>(), term.dim() == 1 ? 0 : cols});
    }
  }

  void add_up(int64_t row, int64_t rows, int64_t cols, T* out) const {
    const auto& kernel = kernels::row_kernels<T>();
    bool add = false;
    for (const Lookup& lookup : lookups) {
      kernel.gather(rows, cols, lookup.table, lookup.index + row, add, out);
      add = true;
    }
    if (!add) {
      std::fill_n(out, rows * cols, T{0});
    }
    for (const Dense& term : denses) {
      kernel.add_rows(rows, cols, term.data + row * term.stride, term.stride, out);
    }
  }

  std::vector<Lookup> lookups;
  std::vector<Dense> denses;
};

/// Contiguous copies of what the kernels read, checked against [rows, cols].
struct EmbeddingInputs {
  EmbeddingInputs(at::TensorList given_tables, at::TensorList given_indices,
                  at::TensorList given_dense, int64_t rows, int64_t cols) {
    const Tensor& like = given_tables.empty() ? given_dense[0] : given_tables[0];
    check_float("tables[0]", like);
    for (size_t i = 0; i < given_tables.size(); ++i) {
      const std::string name = c10::str("tables[", i, "]");
      check_shape(name, given_tables[i], {{"V"}, {"D", cols}});
      check_dtype(name, given_tables[i], like.scalar_type());
      tables.push_back(given_tables[i].contiguous());
      indices.push_back(check_indices(c10::str("indices[", i, "]"), given_indices[i], rows,
                                      given_tables[i].size(0)));
    }
    for (size_t j = 0; j < given_dense.size(); ++j) {
      const std::string name = c10::str("dense[", j, "]");
      if (given_dense[j].dim() == 1) {
        check_shape(name, given_dense[j], {{"D", cols}});
      } else {
        check_shape(name, given_dense[j], {{"T", rows}, {"D", cols}});
      }
      check_dtype(name, given_dense[j], like.scalar_type());
      dense.push_back(given_dense[j].contiguous());
    }
    options = like.options();
  }

  std::vector<Tensor> tables;
  std::vector<Tensor> indices;
  std::vector<Tensor> dense;
  at::TensorOptions options;
};

}  // namespace

Three embedding_sum_cpu(at::TensorList tables, at::TensorList indices, at::TensorList dense,
                        const MaybeTensor& weight, const MaybeTensor& bias, int64_t kind,
                        double eps, double p, int64_t key, const MaybeTensor& token_key) {
  const auto [rows, cols] = sum_shape(tables, indices, dense);
  const EmbeddingInputs inputs(tables, indices, dense, rows, cols);
  Tensor y = at::empty({rows, cols}, inputs.options);
  const kernels::Norm norm =
      has_norm(kind) ? check_norm(kind, value(weight), bias, y) : kernels::Norm::kLayer;
  const Tensor tokens = check_dropout(p, token_key, rows);
  const MaybeTensor scale = contiguous(weight);
  const MaybeTensor shift = contiguous(bias);
  Tensor sum = has_norm(kind) ? at::empty({rows, cols}, inputs.options)
                              : at::empty({0, cols}, inputs.options);
  Tensor stats = at::empty({has_norm(kind) ? rows : 0, 2}, inputs.options);
  with_float(y, [&, rows = rows, cols = cols]<typename T>() {
    const EmbeddingTerms<T> terms(inputs.tables, inputs.indices, inputs.dense, cols);
    const kernels::DropoutRule rule = kernels::dropout_rule(p, key);
    const T* w_data = data_or_null<T>(scale);
    const T* b_data = data_or_null<T>(shift);
    const int64_t* t_data = tokens.defined() ? tokens.const_data_ptr<int64_t>() : nullptr;
    T* y_data = y.mutable_data_ptr<T>();
    T* sum_data = has_norm(kind) ? sum.mutable_data_ptr<T>() : y_data;
    T* stats_data = stats.mutable_data_ptr<T>();
    const Blocks blocks = row_blocks(rows, cols);
    parallel_blocks(blocks.count(), [&](int64_t block) {
      const int64_t r = blocks.begin(block);
      const int64_t i = r * cols;
      const int64_t length = blocks.length(block);
      terms.add_up(r, length, cols, sum_data + i);
      if (has_norm(kind)) {
        kernels::norm_kernels<T>().forward(norm, length, cols, eps, sum_data + i, w_data, b_data,
                                           y_data + i, stats_data + 2 * r);
      }
      if (t_data != nullptr) {
        kernels::dropout_kernels<T>().forward(rule, t_data + r, length, cols, y_data + i, nullptr,
                                              nullptr, y_data + i);
      }
    });
  });
  return {y, sum, stats};
}

/// table_rows[i] < 0: the gradient of table i is not wanted. Returns the gradients of the tables,
/// of the sum [T, D], its column sums (for terms [D]), and of weight and bias.
EmbeddingGradients embedding_sum_backward_cpu(const Tensor& grad, const Tensor& sum,
                                              const Tensor& stats, const MaybeTensor& weight,
                                              at::TensorList indices, at::IntArrayRef table_rows,
                                              int64_t kind, double p, int64_t key,
                                              const MaybeTensor& token_key,
                                              std::array<bool, 3> mask) {
  check_shape("grad", grad, {{"T"}, {"D"}});
  check_float("grad", grad);
  const int64_t rows = grad.size(0);
  const int64_t cols = grad.size(1);
  const kernels::Norm norm =
      has_norm(kind) ? check_norm(kind, value(weight), {}, grad) : kernels::Norm::kLayer;
  const Tensor tokens = check_dropout(p, token_key, rows);
  const Tensor dy = grad.contiguous();
  const MaybeTensor scale = contiguous(weight);
  const bool same = !has_norm(kind) && !tokens.defined();
  Tensor dx = same ? dy : at::empty({rows, cols}, grad.options());
  auto [drow, dweight, dbias] = with_float(grad, [&]<typename T>() {
    const kernels::DropoutRule rule = kernels::dropout_rule(p, key);
    const Blocks blocks = row_blocks(rows, cols);
    const PartialSums<T> drow(mask[0], blocks.count(), cols, grad.options());
    const PartialSums<T> dweight(mask[1] && has_norm(kind), blocks.count(), cols, grad.options());
    const PartialSums<T> dbias(mask[2] && has_norm(kind), blocks.count(), cols, grad.options());
    const T* dy_data = dy.const_data_ptr<T>();
    const T* sum_data = sum.const_data_ptr<T>();
    const T* stats_data = stats.const_data_ptr<T>();
    const T* w_data = data_or_null<T>(scale);
    const int64_t* t_data = tokens.defined() ? tokens.const_data_ptr<int64_t>() : nullptr;
    const T* dx_read = dx.const_data_ptr<T>();
    T* dx_data = same ? nullptr : dx.mutable_data_ptr<T>();
    parallel_blocks(blocks.count(), [&](int64_t block) {
      const int64_t r = blocks.begin(block);
      const int64_t i = r * cols;
      const int64_t length = blocks.length(block);
      const T* from = dy_data + i;
      if (t_data != nullptr) {
        kernels::dropout_kernels<T>().backward(rule, t_data + r, length, cols, from, dx_data + i,
                                               nullptr);
        from = dx_data + i;
      }
      if (has_norm(kind)) {
        kernels::norm_kernels<T>().backward(norm, length, cols, from, sum_data + i,
                                            stats_data + 2 * r, w_data, nullptr, dx_data + i,
                                            dweight.open(block), dbias.open(block));
      }
      if (mask[0]) {
        kernels::row_kernels<T>().column_sums(length, cols, dx_read + i, drow.open(block));
      }
    });
    return Three{drow.total({cols}), dweight.total({cols}), dbias.total({cols})};
  });
  std::vector<Tensor> dtables;
  for (size_t i = 0; i < table_rows.size(); ++i) {
    dtables.push_back(
        table_rows[i] < 0
            ? at::empty({0}, grad.options())
            : table_gradient(
                  dx, check_indices(c10::str("indices[", i, "]"), indices[i], rows, table_rows[i]),
                  table_rows[i]));
  }
  return {dtables, dx, drow, dweight, dbias};
}

Three embedding_sum_autograd(at::TensorList tables, at::TensorList indices, at::TensorList dense,
                             const MaybeTensor& weight, const MaybeTensor& bias, int64_t kind,
                             double eps, double p, int64_t key, const MaybeTensor& token_key) {
  const variable_list out = EmbeddingSumFunction::apply(tables, indices, dense, weight, bias, kind,
                                                        eps, p, key, token_key);
  return {out[0], out[1], out[2]};
}

Tensor embedding_sum(TensorList tables, TensorList indices, TensorList dense, const Tensor& weight,
                     const Tensor& bias, NormKind norm, double eps, Dropout dropout,
                     const Tensor& token_key) {
  return std::get<0>(embedding_sum_op().call(tables, indices, dense, maybe(weight), maybe(bias),
                                             static_cast<int64_t>(norm), eps, dropout.p,
                                             dropout.key, maybe(token_key)));
}

}  // namespace tpretrain::ops
