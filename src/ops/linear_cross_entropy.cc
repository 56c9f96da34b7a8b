#include <cmath>
#include <limits>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/StringUtil.h>

#include "kernels/cross_entropy.h"
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
using kernels::Tile;
using kernels::TileRow;
using Four = std::tuple<Tensor, Tensor, Tensor, Tensor>;
using Three = std::tuple<Tensor, Tensor, Tensor>;

constexpr int64_t kTileRows = 256;
constexpr int64_t kTileClasses = 512;
constexpr int64_t kGroups = 16;                   ///< runs of tiles that share one dx
constexpr int64_t kKeepBytes = int64_t{1} << 30;  ///< of logits; more are computed twice

const auto& cross_entropy_op() {
  static const auto op =
      find_op<Four(const Tensor&, const Tensor&, const MaybeTensor&, const Tensor&, double,
                   int64_t)>("tpretrain::linear_cross_entropy");
  return op;
}

const auto& cross_entropy_backward_op() {
  static const auto op =
      find_op<Three(const Tensor&, const Tensor&, const Tensor&, const MaybeTensor&, const Tensor&,
                    const Tensor&, const Tensor&, double, std::array<bool, 3>)>(
          "tpretrain::linear_cross_entropy_backward");
  return op;
}

class LinearCrossEntropyFunction : public torch::autograd::Function<LinearCrossEntropyFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight,
                               const MaybeTensor& bias, const Tensor& labels, double smoothing,
                               int64_t keep_bytes) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [loss, correct, lse, logits] =
        cross_entropy_op().call(x, weight, bias, labels, smoothing, keep_bytes);
    ctx->save_for_backward({x, weight, value(bias), labels, lse, logits});
    ctx->mark_non_differentiable({correct, lse, logits});
    ctx->saved_data["smoothing"] = smoothing;
    return {loss, correct, lse, logits};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(6);
    }
    const auto saved = ctx->get_saved_variables();
    NeedsGrad needs(ctx);
    const bool needs_x = needs.next();
    const bool needs_weight = needs.next();
    const bool needs_bias = needs.next(saved[2].defined());
    auto [dx, dweight, dbias] = cross_entropy_backward_op().call(
        grads[0], saved[0], saved[1], maybe(saved[2]), saved[3], saved[4], saved[5],
        ctx->saved_data["smoothing"].toDouble(), {needs_x, needs_weight, needs_bias});
    return {dx, dweight, dbias, {}, {}, {}};
  }
};

template <typename T>
struct EntropyProblem {
  int64_t rows = 0;
  int64_t classes = 0;
  int64_t width = 0;
  double smoothing = 0;
  const T* x = nullptr;       ///< [rows, width]
  const T* weight = nullptr;  ///< [classes, width]
  const T* bias = nullptr;    ///< [classes] or null
  const int64_t* labels = nullptr;

  Blocks row_tiles() const { return {rows, kTileRows}; }

  Blocks class_tiles() const { return {classes, kTileClasses}; }

  int64_t tile_stride() const { return std::min(kTileClasses, classes); }

  /// Kept logits stand tile after tile, [class tiles, rows, tile_stride]: what one product writes
  /// and one kernel reads is contiguous, which spares the translation cache.
  int64_t kept_size() const { return class_tiles().count() * rows * tile_stride(); }

  int64_t kept_begin(int64_t class_tile, int64_t row) const {
    return (class_tile * rows + row) * tile_stride();
  }

  Tile tile(int64_t row_tile, int64_t class_tile) const {
    return {row_tiles().length(row_tile), class_tiles().length(class_tile), tile_stride(),
            class_tiles().begin(class_tile), classes};
  }

  const T* tile_bias(const Tile& tile) const {
    return bias == nullptr ? nullptr : bias + tile.first_class;
  }

  /// out [tile.rows, tile.cols], without the bias.
  void logits(const Tile& tile, int64_t first_row, T* out) const {
    gemm<T>(tile.rows, tile.cols, width, 1, {x + first_row * width, width},
            {weight + tile.first_class * width, width, true}, 0, out, tile.stride);
  }
};

struct EntropyLogits;
struct EntropyGrads;

/// parts [class tiles, rows]; logits as kept, or null.
template <typename T>
void reduce_tiles(const EntropyProblem<T>& problem, T* logits, TileRow<T>* parts) {
  const Blocks rows = problem.row_tiles();
  const Blocks classes = problem.class_tiles();
  parallel_blocks(rows.count() * classes.count(), [&](int64_t task) {
    const int64_t class_tile = task / rows.count();
    const int64_t first_row = rows.begin(task % rows.count());
    const Tile tile = problem.tile(task % rows.count(), class_tile);
    T* out = logits == nullptr ? thread_scratch<EntropyLogits>().get<T>(tile.rows * tile.stride)
                               : logits + problem.kept_begin(class_tile, first_row);
    problem.logits(tile, first_row, out);
    kernels::cross_entropy_kernels<T>().forward(tile, out, problem.tile_bias(tile),
                                                problem.labels + first_row,
                                                parts + class_tile * problem.rows + first_row);
  });
}

/// One row over all class tiles, in class order.
template <typename T>
struct RowResult {
  double loss;
  bool correct;
  T lse;
};

template <typename T>
RowResult<T> combine(const EntropyProblem<T>& problem, const TileRow<T>* parts, int64_t row) {
  const int64_t tiles = problem.class_tiles().count();
  const int64_t label_tile = problem.labels[row] / kTileClasses;
  T high = -std::numeric_limits<T>::infinity();
  T before = high;
  double sum = 0;
  for (int64_t i = 0; i < tiles; ++i) {
    const TileRow<T>& part = parts[i * problem.rows + row];
    high = std::max(high, part.high);
    before = std::max(before, part.before);
    sum += part.sum;
  }
  T total = 0;
  for (int64_t i = 0; i < tiles; ++i) {
    const TileRow<T>& part = parts[i * problem.rows + row];
    total += part.total * std::exp(part.high - high);
  }
  const T lse = high + std::log(total);
  const T at_label = parts[label_tile * problem.rows + row].label;
  const double loss = static_cast<double>(lse) - (1 - problem.smoothing) * at_label -
                      problem.smoothing * sum / static_cast<double>(problem.classes);
  return {loss, at_label >= high && at_label > before, lse};
}

template <typename T>
Four entropy_forward(const EntropyProblem<T>& problem, const at::TensorOptions& options,
                     bool keep) {
  Tensor logits = at::empty({keep ? problem.kept_size() : 0}, options);
  Tensor lse = at::empty({problem.rows}, options);
  std::vector<TileRow<T>> parts(static_cast<size_t>(problem.class_tiles().count() * problem.rows));
  reduce_tiles<T>(problem, keep ? logits.mutable_data_ptr<T>() : nullptr, parts.data());
  std::vector<RowResult<T>> results(static_cast<size_t>(problem.rows));
  const Blocks blocks{problem.rows, 64};
  parallel_blocks(blocks.count(), [&](int64_t block) {
    for (int64_t r = blocks.begin(block); r < blocks.end(block); ++r) {
      results[static_cast<size_t>(r)] = combine<T>(problem, parts.data(), r);
    }
  });
  double loss = 0;
  int64_t correct = 0;
  T* lse_data = lse.mutable_data_ptr<T>();
  for (const RowResult<T>& result : results) {
    loss += result.loss;
    correct += result.correct ? 1 : 0;
    *lse_data++ = result.lse;
  }
  Tensor loss_sum = at::empty({}, options);
  Tensor hits = at::empty({}, options.dtype(at::kFloat));
  *loss_sum.mutable_data_ptr<T>() = static_cast<T>(loss);
  *hits.mutable_data_ptr<float>() = static_cast<float>(correct);
  return {loss_sum, hits, lse, logits};
}

/// What the workers of backward write.
template <typename T>
struct EntropyGradients {
  T* weight = nullptr;                ///< [classes, width]
  T* bias = nullptr;                  ///< [classes]
  const PartialSums<T>* x = nullptr;  ///< one [rows, width] a group
};

/// Tiles of one group of classes, in class order: the gradient of a tile's logits is made once and
/// used by both products while it is in cache.
template <typename T>
void entropy_backward_group(const EntropyProblem<T>& problem, const Blocks& groups, int64_t group,
                            T factor, const T* kept, const T* lse, const EntropyGradients<T>& out) {
  const Blocks rows = problem.row_tiles();
  T* dx = out.x->open_raw(group);
  for (int64_t class_tile = groups.begin(group); class_tile < groups.end(group); ++class_tile) {
    for (int64_t row_tile = 0; row_tile < rows.count(); ++row_tile) {
      const int64_t first_row = rows.begin(row_tile);
      const Tile tile = problem.tile(row_tile, class_tile);
      T* grad = thread_scratch<EntropyGrads>().get<T>(tile.rows * tile.stride);
      const T* logits = grad;
      if (kept == nullptr) {
        problem.logits(tile, first_row, grad);
      } else {
        logits = kept + problem.kept_begin(class_tile, first_row);
      }
      kernels::cross_entropy_kernels<T>().backward(
          tile, logits, problem.tile_bias(tile), problem.labels + first_row, lse + first_row,
          problem.smoothing, grad, out.bias == nullptr ? nullptr : out.bias + tile.first_class);
      if (out.weight != nullptr) {
        gemm<T>(tile.cols, problem.width, tile.rows, factor, {grad, tile.stride, true},
                {problem.x + first_row * problem.width, problem.width}, row_tile == 0 ? 0 : 1,
                out.weight + tile.first_class * problem.width, problem.width);
      }
      if (dx != nullptr) {
        gemm<T>(tile.rows, problem.width, tile.cols, factor, {grad, tile.stride},
                {problem.weight + tile.first_class * problem.width, problem.width},
                class_tile == groups.begin(group) ? 0 : 1, dx + first_row * problem.width,
                problem.width);
      }
    }
  }
}

template <typename T>
Three entropy_backward(const EntropyProblem<T>& problem, const at::TensorOptions& options, T factor,
                       const T* logits, const T* lse, std::array<bool, 3> mask) {
  const int64_t tiles = problem.class_tiles().count();
  const Blocks groups{tiles, (tiles + kGroups - 1) / kGroups};
  const PartialSums<T> dx(mask[0], groups.count(), problem.rows * problem.width, options);
  Tensor dweight = mask[1] ? at::empty({problem.classes, problem.width}, options) : Tensor();
  Tensor dbias = mask[2] ? at::zeros({problem.classes}, options) : Tensor();
  const EntropyGradients<T> out{mask[1] ? dweight.mutable_data_ptr<T>() : nullptr,
                                mask[2] ? dbias.mutable_data_ptr<T>() : nullptr, &dx};
  parallel_blocks(groups.count(), [&](int64_t group) {
    entropy_backward_group<T>(problem, groups, group, factor, logits, lse, out);
  });
  if (mask[2]) {
    T* values = dbias.mutable_data_ptr<T>();
    for (int64_t c = 0; c < problem.classes; ++c) {
      values[c] *= factor;
    }
  }
  return {dx.total({problem.rows, problem.width}), dweight, dbias};
}

/// Contiguous copies and the problem over them.
struct EntropyInputs {
  EntropyInputs(const Tensor& given_x, const Tensor& given_weight, const MaybeTensor& given_bias,
                const Tensor& given_labels, double given_smoothing)
      : x(given_x.contiguous()),
        weight(given_weight.contiguous()),
        bias(contiguous(given_bias)),
        smoothing(given_smoothing) {
    check_shape("x", given_x, {{"R"}, {"D"}});
    check_float("x", given_x);
    check_shape("weight", given_weight, {{"V"}, {"D", given_x.size(1)}});
    check_dtype("weight", given_weight, given_x.scalar_type());
    check_optional_vector("bias", given_bias, "V", given_weight.size(0), given_x);
    labels = check_indices("labels", given_labels, given_x.size(0), given_weight.size(0));
    if (!(given_smoothing >= 0 && given_smoothing < 1)) {
      fail_argument("smoothing", "in [0, 1)", c10::str(given_smoothing));
    }
  }

  template <typename T>
  EntropyProblem<T> problem() const {
    return {x.size(0),
            weight.size(0),
            x.size(1),
            smoothing,
            x.const_data_ptr<T>(),
            weight.const_data_ptr<T>(),
            data_or_null<T>(bias),
            labels.const_data_ptr<int64_t>()};
  }

  Tensor x, weight;
  MaybeTensor bias;
  double smoothing;
  Tensor labels;
};

}  // namespace

Four linear_cross_entropy_cpu(const Tensor& x, const Tensor& weight, const MaybeTensor& bias,
                              const Tensor& labels, double smoothing, int64_t keep_bytes) {
  const EntropyInputs inputs(x, weight, bias, labels, smoothing);
  return with_float(x, [&]<typename T>() {
    const EntropyProblem<T> problem = inputs.problem<T>();
    const int64_t bytes = problem.kept_size() * static_cast<int64_t>(sizeof(T));
    return entropy_forward<T>(problem, x.options(), bytes <= keep_bytes);
  });
}

Three linear_cross_entropy_backward_cpu(const Tensor& grad, const Tensor& x, const Tensor& weight,
                                        const MaybeTensor& bias, const Tensor& labels,
                                        const Tensor& lse, const Tensor& logits, double smoothing,
                                        std::array<bool, 3> mask) {
  const EntropyInputs inputs(x, weight, bias, labels, smoothing);
  check_shape("grad", grad, {});
  check_dtype("grad", grad, x.scalar_type());
  check_shape("lse", lse, {{"R", x.size(0)}});
  if (x.size(0) == 0) {
    return {mask[0] ? at::zeros_like(x) : Tensor(), mask[1] ? at::zeros_like(weight) : Tensor(),
            mask[2] ? at::zeros({weight.size(0)}, x.options()) : Tensor()};
  }
  return with_float(x, [&]<typename T>() {
    const T* kept = logits.numel() == 0 ? nullptr : logits.const_data_ptr<T>();
    return entropy_backward<T>(inputs.problem<T>(), x.options(), *grad.const_data_ptr<T>(), kept,
                               lse.const_data_ptr<T>(), mask);
  });
}

Four linear_cross_entropy_autograd(const Tensor& x, const Tensor& weight, const MaybeTensor& bias,
                                   const Tensor& labels, double smoothing, int64_t keep_bytes) {
  const variable_list out =
      LinearCrossEntropyFunction::apply(x, weight, bias, labels, smoothing, keep_bytes);
  return {out[0], out[1], out[2], out[3]};
}

std::tuple<Tensor, Tensor> linear_cross_entropy(const Tensor& x, const Tensor& weight,
                                                const Tensor& bias, const Tensor& labels,
                                                double smoothing) {
  const auto [loss, correct, lse, logits] =
      cross_entropy_op().call(x, weight, maybe(bias), labels, smoothing, kKeepBytes);
  return {loss, correct};
}

}  // namespace tpretrain::ops
