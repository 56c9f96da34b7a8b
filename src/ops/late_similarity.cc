#include <array>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/util/StringUtil.h>

#include "kernels/contrastive.h"
#include "kernels/rows.h"
#include "ops/blas.h"
#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/parallel.h"
#include "ops/scratch.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {
namespace {

using at::Tensor;
using kernels::PairBest;
using LateOut = std::tuple<Tensor, Tensor, Tensor, Tensor>;
using LateGrads = std::tuple<Tensor, Tensor>;

constexpr int64_t kLateRows = 256;     ///< tokens of a group of sequences of a, at least
constexpr int64_t kLateColumns = 512;  ///< of b

const auto& late_similarity_op() {
  static const auto op =
      find_op<LateOut(const Tensor&, const Tensor&, const Tensor&, const Tensor&)>(
          "tpretrain::late_similarity");
  return op;
}

const auto& late_similarity_backward_op() {
  static const auto op =
      find_op<LateGrads(const MaybeTensor&, const MaybeTensor&, const Tensor&, const Tensor&,
                        const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                        std::array<bool, 2>)>("tpretrain::late_similarity_backward");
  return op;
}

class LateSimilarityFunction : public torch::autograd::Function<LateSimilarityFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& a, const Tensor& a_offsets,
                               const Tensor& b, const Tensor& b_offsets) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [ab, ba, arg_ab, arg_ba] = late_similarity_op().call(a, a_offsets, b, b_offsets);
    ctx->save_for_backward({a, a_offsets, b, b_offsets, arg_ab, arg_ba});
    ctx->mark_non_differentiable({arg_ab, arg_ba});
    return {ab, ba, arg_ab, arg_ba};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined() && !grads[1].defined()) {
      return variable_list(4);
    }
    const auto saved = ctx->get_saved_variables();
    NeedsGrad needs(ctx);
    const bool needs_a = needs.next();
    needs.next();
    const bool needs_b = needs.next();
    auto [da, db] = late_similarity_backward_op().call(maybe(grads[0]), maybe(grads[1]), saved[0],
                                                       saved[1], saved[2], saved[3], saved[4],
                                                       saved[5], {needs_a, needs_b});
    return {da, {}, db, {}};
  }
};

/// Tokens of sequences that stand one after the other.
template <typename T>
struct LateSide {
  const T* x = nullptr;  ///< [tokens, width]
  const int32_t* offsets = nullptr;
  int64_t sequences = 0;
  int64_t width = 0;

  int64_t begin(int64_t sequence) const { return offsets[sequence]; }

  int64_t length(int64_t sequence) const { return offsets[sequence + 1] - offsets[sequence]; }

  int64_t tokens() const { return offsets[sequences]; }

  const T* row(int64_t token) const { return x + token * width; }
};

struct LateInputs {
  LateInputs(const Tensor& given_a, const Tensor& given_a_offsets, const Tensor& given_b,
             const Tensor& given_b_offsets) {
    check_shape("a", given_a, {{"Ta"}, {"D"}});
    check_float("a", given_a);
    check_shape("b", given_b, {{"Tb"}, {"D", given_a.size(1)}});
    check_dtype("b", given_b, given_a.scalar_type());
    a_offsets = check_filled("a_offsets", given_a_offsets, given_a.size(0));
    b_offsets = check_filled("b_offsets", given_b_offsets, given_b.size(0));
    a = given_a.contiguous();
    b = given_b.contiguous();
  }

  static Tensor check_filled(const char* name, const Tensor& offsets, int64_t tokens) {
    const Tensor flat = check_offsets(offsets, tokens, name);
    const int32_t* begin = flat.const_data_ptr<int32_t>();
    for (int64_t s = 0; s + 1 < flat.size(0); ++s) {
      if (begin[s] == begin[s + 1]) {
        throw DataError(c10::str("`", name, "` must give every sequence a token, but sequence ", s,
                                 " is empty instead."));
      }
    }
    return flat;
  }

  template <typename T>
  LateSide<T> side_a() const {
    return {a.const_data_ptr<T>(), a_offsets.const_data_ptr<int32_t>(), a_offsets.size(0) - 1,
            a.size(1)};
  }

  template <typename T>
  LateSide<T> side_b() const {
    return {b.const_data_ptr<T>(), b_offsets.const_data_ptr<int32_t>(), b_offsets.size(0) - 1,
            b.size(1)};
  }

  Tensor a, a_offsets, b, b_offsets;
};

/// Whole sequences [first, last), of `tokens` tokens at least unless they are the last ones.
struct LateGroup {
  int64_t first;
  int64_t last;
};

template <typename T>
std::vector<LateGroup> late_groups(const LateSide<T>& side, int64_t tokens) {
  std::vector<LateGroup> groups;
  for (int64_t s = 0; s < side.sequences; ++s) {
    if (groups.empty() || side.begin(s) - side.begin(groups.back().first) >= tokens) {
      groups.push_back({s, s});
    }
    groups.back().last = s + 1;
  }
  return groups;
}

/// One direction of the result: similarity [owners, others] and, for each sequence of the others,
/// the best of its tokens for each token of the owners: arg [others, owner tokens].
template <typename T>
struct LateResult {
  T* similarity;
  int32_t* arg;

  /// best: of the tokens of one sequence of the owners among those of one of the others.
  void take(const LateSide<T>& owners, int64_t owner, int64_t others, int64_t other,
            const PairBest<T>* best) const {
    int32_t* out = arg + other * owners.tokens() + owners.begin(owner);
    double sum = 0;
    for (int64_t i = 0; i < owners.length(owner); ++i) {
      sum += static_cast<double>(best[i].value);
      out[i] = best[i].index;
    }
    similarity[owner * others + other] =
        static_cast<T>(sum / static_cast<double>(owners.length(owner)));
  }
};

struct LateScores;
struct LateBests;

/// All pairs of two groups over one tile of products.
template <typename T>
void compare_groups(const LateSide<T>& a, const LateGroup& a_group, const LateSide<T>& b,
                    const LateGroup& b_group, const LateResult<T>& ab, const LateResult<T>& ba) {
  const auto& kernels = kernels::contrastive_kernels<T>();
  const int64_t first_row = a.begin(a_group.first);
  const int64_t first_column = b.begin(b_group.first);
  const int64_t rows = a.begin(a_group.last) - first_row;
  const int64_t cols = b.begin(b_group.last) - first_column;
  T* scores = thread_scratch<LateScores>().get<T>(rows * cols);
  PairBest<T>* best = thread_scratch<LateBests>().get<PairBest<T>>(std::max(rows, cols));
  gemm<T>(rows, cols, a.width, 1, {a.row(first_row), a.width}, {b.row(first_column), b.width, true},
          0, scores, cols);
  for (int64_t i = a_group.first; i < a_group.last; ++i) {
    for (int64_t j = b_group.first; j < b_group.last; ++j) {
      const kernels::PairTile tile{a.length(i), b.length(j), cols};
      const T* corner = scores + (a.begin(i) - first_row) * cols + b.begin(j) - first_column;
      kernels.best_of_rows(tile, corner, best);
      ab.take(a, i, b.sequences, j, best);
      kernels.best_of_columns(tile, corner, best);
      ba.take(b, j, a.sequences, i, best);
    }
  }
}

template <typename T>
LateOut late_forward(const LateInputs& inputs) {
  const LateSide<T> a = inputs.side_a<T>();
  const LateSide<T> b = inputs.side_b<T>();
  const at::TensorOptions options = inputs.a.options();
  Tensor s_ab = at::empty({a.sequences, b.sequences}, options);
  Tensor s_ba = at::empty({b.sequences, a.sequences}, options);
  Tensor arg_ab = at::empty({b.sequences, a.tokens()}, options.dtype(at::kInt));
  Tensor arg_ba = at::empty({a.sequences, b.tokens()}, options.dtype(at::kInt));
  const LateResult<T> ab{s_ab.mutable_data_ptr<T>(), arg_ab.mutable_data_ptr<int32_t>()};
  const LateResult<T> ba{s_ba.mutable_data_ptr<T>(), arg_ba.mutable_data_ptr<int32_t>()};
  const auto a_groups = late_groups(a, kLateRows);
  const auto b_groups = late_groups(b, kLateColumns);
  const auto rows = static_cast<int64_t>(a_groups.size());
  parallel_blocks(rows * static_cast<int64_t>(b_groups.size()), [&](int64_t task) {
    compare_groups(a, a_groups[static_cast<size_t>(task % rows)], b,
                   b_groups[static_cast<size_t>(task / rows)], ab, ba);
  });
  return {s_ab, s_ba, arg_ab, arg_ba};
}

/// Upstream gradients and arg maxima of both directions, as seen from one side x (y is the other).
template <typename T>
struct LateUpstream {
  const T* grad_xy;       ///< [x sequences, y sequences]
  const T* grad_yx;       ///< [y sequences, x sequences]
  const int32_t* arg_xy;  ///< [y sequences, x tokens]
  const int32_t* arg_yx;  ///< [x sequences, y tokens]
};

/// dx of one sequence: a token gets the tokens of y that it chose, and those that chose it.
template <typename T>
void late_backward_sequence(const LateSide<T>& x, const LateSide<T>& y,
                            const LateUpstream<T>& upstream, int64_t i, T* dx) {
  const auto& kernels = kernels::row_kernels<T>();
  T* rows = dx + x.begin(i) * x.width;
  std::fill_n(rows, x.length(i) * x.width, T{0});
  for (int64_t j = 0; j < y.sequences; ++j) {
    const T chose = upstream.grad_xy[i * y.sequences + j] / static_cast<T>(x.length(i));
    const int32_t* arg_xy = upstream.arg_xy + j * x.tokens() + x.begin(i);
    for (int64_t k = 0; k < x.length(i); ++k) {
      kernels.add_scaled(x.width, chose, y.row(y.begin(j) + arg_xy[k]), rows + k * x.width);
    }
    const T chosen = upstream.grad_yx[j * x.sequences + i] / static_cast<T>(y.length(j));
    const int32_t* arg_yx = upstream.arg_yx + i * y.tokens() + y.begin(j);
    for (int64_t r = 0; r < y.length(j); ++r) {
      kernels.add_scaled(x.width, chosen, y.row(y.begin(j) + r), rows + arg_yx[r] * x.width);
    }
  }
}

template <typename T>
Tensor late_backward(bool wanted, const LateSide<T>& x, const LateSide<T>& y,
                     const LateUpstream<T>& upstream, const at::TensorOptions& options) {
  if (!wanted) {
    return {};
  }
  Tensor dx = at::empty({x.tokens(), x.width}, options);
  T* out = dx.mutable_data_ptr<T>();
  parallel_blocks(x.sequences, [&](int64_t i) { late_backward_sequence(x, y, upstream, i, out); });
  return dx;
}

/// Zeros where no gradient comes.
Tensor late_upstream(const char* name, const MaybeTensor& grad, int64_t rows, int64_t cols,
                     const Tensor& like) {
  if (!value(grad).defined()) {
    return at::zeros({rows, cols}, like.options());
  }
  check_shape(name, *grad, {{"A", rows}, {"B", cols}});
  check_dtype(name, *grad, like.scalar_type());
  return grad->contiguous();
}

}  // namespace

LateOut late_similarity_cpu(const Tensor& a, const Tensor& a_offsets, const Tensor& b,
                            const Tensor& b_offsets) {
  const LateInputs inputs(a, a_offsets, b, b_offsets);
  return with_float(a, [&]<typename T>() { return late_forward<T>(inputs); });
}

LateGrads late_similarity_backward_cpu(const MaybeTensor& grad_ab, const MaybeTensor& grad_ba,
                                       const Tensor& a, const Tensor& a_offsets, const Tensor& b,
                                       const Tensor& b_offsets, const Tensor& arg_ab,
                                       const Tensor& arg_ba, std::array<bool, 2> mask) {
  const LateInputs inputs(a, a_offsets, b, b_offsets);
  const int64_t rows = inputs.a_offsets.size(0) - 1;
  const int64_t cols = inputs.b_offsets.size(0) - 1;
  const Tensor ab = late_upstream("grad_ab", grad_ab, rows, cols, a);
  const Tensor ba = late_upstream("grad_ba", grad_ba, cols, rows, a);
  check_shape("arg_ab", arg_ab, {{"B", cols}, {"Ta", a.size(0)}});
  check_shape("arg_ba", arg_ba, {{"A", rows}, {"Tb", b.size(0)}});
  return with_float(a, [&]<typename T>() -> LateGrads {
    const LateSide<T> side_a = inputs.side_a<T>();
    const LateSide<T> side_b = inputs.side_b<T>();
    const T* ab_data = ab.const_data_ptr<T>();
    const T* ba_data = ba.const_data_ptr<T>();
    const int32_t* arg_ab_data = arg_ab.const_data_ptr<int32_t>();
    const int32_t* arg_ba_data = arg_ba.const_data_ptr<int32_t>();
    return {late_backward<T>(mask[0], side_a, side_b, {ab_data, ba_data, arg_ab_data, arg_ba_data},
                             a.options()),
            late_backward<T>(mask[1], side_b, side_a, {ba_data, ab_data, arg_ba_data, arg_ab_data},
                             a.options())};
  });
}

LateOut late_similarity_autograd(const Tensor& a, const Tensor& a_offsets, const Tensor& b,
                                 const Tensor& b_offsets) {
  const variable_list out = LateSimilarityFunction::apply(a, a_offsets, b, b_offsets);
  return {out[0], out[1], out[2], out[3]};
}

std::tuple<Tensor, Tensor> late_similarity(const Tensor& a, const Tensor& a_offsets,
                                           const Tensor& b, const Tensor& b_offsets) {
  const auto [ab, ba, arg_ab, arg_ba] = late_similarity_op().call(a, a_offsets, b, b_offsets);
  return {ab, ba};
}

}  // namespace tpretrain::ops
