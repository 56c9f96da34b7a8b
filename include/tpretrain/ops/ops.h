/// The operators of tpretrain, as typed functions over the PyTorch dispatcher (namespace
/// `tpretrain`). All are differentiable in the tensors named under Grad; masks are never stored,
/// they are redrawn from counters in backward. Shapes: T tokens of all sequences one after the
/// other, D width, S sequences, R gathered rows, V classes.
///
/// Common:  float tensors are float32 or float64 (float64 serves gradient checks and runs the plain
///          kernels), contiguous in the last dimension; indices are int32 or int64.
/// Errors:  ShapeError naming the argument, what it must be and what it is.
/// Numbers: results do not depend on the number of threads (fixed blocks, fixed order).
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "tpretrain/ops/types.h"

namespace at {
class Tensor;
}

namespace c10 {
template <typename T>
class ArrayRef;
enum class ScalarType : int8_t;
}  // namespace c10

namespace tpretrain::ops {

using at::Tensor;
using TensorList = c10::ArrayRef<at::Tensor>;
using DoubleList = c10::ArrayRef<double>;

/// y = x W^T + b.  x [T, K], weight [N, K], bias [N] or undefined -> [T, N].  Grad: x, weight,
/// bias.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// y = drop(norm(sum_i tables[i][indices[i]] + sum_j dense[j])).
/// tables[i] [V_i, D], indices[i] [T] (an index outside the table is a DataError), dense[j] [T, D]
/// (or [D], broadcast); weight, bias [D] or undefined; token_key [T] int64 -> [T, D].
/// Grad: tables, dense, weight, bias; repeated indices add up in a fixed order.
Tensor embedding_sum(TensorList tables, TensorList indices, TensorList dense, const Tensor& weight,
                     const Tensor& bias, NormKind norm, double eps, Dropout dropout,
                     const Tensor& token_key);

/// LayerNorm (Ba et al. 2016) with biased variance, or RMSNorm (Zhang & Sennrich 2019), over D.
/// Statistics in at least float32. weight [D]; bias [D] or undefined.  Grad: x, weight, bias.
Tensor norm(const Tensor& x, const Tensor& weight, const Tensor& bias, NormKind kind, double eps);

/// sum = residual + drop(x + x_bias); y = norm(sum) (kNone: y = sum). Returns (y, sum).
/// x, residual [T, D]; x_bias [D] or undefined (the bias of the linear before it).
/// Grad: x, x_bias, residual, weight, bias (from the gradients of both outputs).
std::tuple<Tensor, Tensor> dropout_residual_norm(const Tensor& x, const Tensor& x_bias,
                                                 const Tensor& residual, const Tensor& weight,
                                                 const Tensor& bias, NormKind kind, double eps,
                                                 Dropout dropout, const Tensor& token_key);

/// y = act(x + bias).  x [T, F], bias [F] or undefined -> [T, F].  Grad: x, bias.
Tensor bias_activation(const Tensor& x, const Tensor& bias, Activation activation);

/// y = act(a) * b where [a | b] = x + bias (Shazeer 2020).  x [T, 2F], bias [2F] or undefined ->
/// [T, F].  Grad: x, bias.
Tensor gated_activation(const Tensor& x, const Tensor& bias, Activation activation);

struct AttentionOptions {
  int64_t heads = 1;
  bool causal = false;  ///< a token sees itself and earlier tokens of its own sequence
  double scale = 0;     ///< of the scores; 0 means 1 / sqrt(head size)
  Dropout dropout;      ///< on the probabilities
};

/// Softmax attention inside each sequence (Vaswani et al. 2017, eq. 1).
/// qkv [T, 3 * heads * d]: queries, keys and values of all heads side by side, head after head;
/// offsets [S + 1] int32; max_length >= the longest sequence -> [T, heads * d].  Grad: qkv.
Tensor self_attention(const Tensor& qkv, const Tensor& offsets, int64_t max_length,
                      const AttentionOptions& options, const Tensor& token_key);

/// x[rows].  x [T, D], rows [R] -> [R, D].  Grad: x (repeated rows add up in order).
Tensor gather_rows(const Tensor& x, const Tensor& rows);

/// Cross-entropy of logits x W^T + b against labels: sums, never means.
/// x [R, D], weight [V, D], bias [V] or undefined, labels [R] in [0, V) ->
/// (loss_sum [] in the dtype of x, correct [] float32: rows whose arg max is the label). R = 0
/// gives 0. smoothing in [0, 1): the target is (1 - s) onehot + s / V.  Grad (of loss_sum): x,
/// weight, bias.
std::tuple<Tensor, Tensor> linear_cross_entropy(const Tensor& x, const Tensor& weight,
                                                const Tensor& bias, const Tensor& labels,
                                                double smoothing = 0);

/// Counter dropout of x [T, D].  Grad: x.
Tensor dropout(const Tensor& x, Dropout dropout, const Tensor& token_key);

/// Position of each token in its sequence and its counter key. No gradient.
/// offsets [S + 1] int32, sample [S] int32 or undefined (sequence i is sample i), ordinal [B] int64
/// -> positions [T] int32, token_key [T] int64 = ordinal << 22 | index of the token in its sample
/// (over all sequences of that sample, which stand one after the other).
std::tuple<Tensor, Tensor> token_index(const Tensor& offsets, const Tensor& sample,
                                       const Tensor& ordinal);

/// Patches of pictures as rows of a matrix: the input of a patch projection (Dosovitskiy et al.
/// 2021). pixels [B, H, W, 3] uint8, H and W multiples of `patch`; mean, deviation: 3 values each,
/// deviation > 0; dtype float32 or float64 -> [B * (H / patch) * (W / patch), patch * patch * 3]:
/// patches of a picture row by row, in a patch (row, column, channel); (pixel / 255 - mean) /
/// deviation. No gradient.
Tensor patchify(const Tensor& pixels, int64_t patch, DoubleList mean, DoubleList deviation,
                c10::ScalarType dtype);

/// Rows of length one: x / max(|x|_2, eps).  x [T, D] -> [T, D].  Grad: x.
Tensor normalize(const Tensor& x, double eps = 1e-12);

/// Mean of the rows of each segment; an empty segment gives 0.
/// x [T, D], offsets [S + 1] int32 -> [S, D].  Grad: x.
Tensor segment_mean(const Tensor& x, const Tensor& offsets);

/// One learned query attends over each sequence: attention pooling (Lee et al. 2019, PMA with one
/// seed). Per head softmax(q K^T / sqrt(D / heads)) V; an empty sequence gives 0.
/// query [D], kv [T, 2 D]: keys of all heads, then values; offsets [S + 1] int32 -> [S, D].
/// Grad: query, kv.
Tensor query_attention(const Tensor& query, const Tensor& kv, const Tensor& offsets, int64_t heads);

/// Contrastive loss (InfoNCE, van den Oord et al. 2018; with `columns` both directions, as in CLIP,
/// Radford et al. 2021) over logits scale * queries keys^T, which are never in memory as a whole.
/// queries [R, D], keys [N, D], scale [] -> (loss_sum [] in the dtype of queries, correct []
/// float32). Key n is a positive of query r when query_group[r] = key_group[n] (int64 [R], [N]).
/// The loss of a query is the cross-entropy against t = (1 - s) * uniform over its positives + s /
/// N, s = smoothing in [0, 1). `columns` adds the same sum of the keys over the queries. correct:
/// rows (and columns) whose first arg max is a positive.  Grad (of loss_sum): queries, keys, scale.
/// Errors: DataError naming the first query (with `columns`, or key) without a positive.
std::tuple<Tensor, Tensor> contrastive(const Tensor& queries, const Tensor& keys,
                                       const Tensor& scale, const Tensor& query_group,
                                       const Tensor& key_group, bool columns, double smoothing = 0);

/// Sigmoid loss of all pairs (SigLIP, Zhai et al. 2023): the sum over r, n of softplus(-y z) with
/// z = scale * q_r k_n + bias and y = 1 for positives, -1 for all others. Arguments and tiles as in
/// `contrastive`; bias []; a query may lack a positive. correct: rows whose first arg max is a
/// positive.  Grad (of loss_sum): queries, keys, scale, bias.
std::tuple<Tensor, Tensor> sigmoid_contrastive(const Tensor& queries, const Tensor& keys,
                                               const Tensor& scale, const Tensor& bias,
                                               const Tensor& query_group, const Tensor& key_group);

/// Token-wise late interaction (FILIP, Yao et al. 2021) of every sequence of a with every one of b:
/// s_ab [A, B] = mean over tokens k of the sequence of a of max over tokens r of that of b of
/// <a_k, b_r>; s_ba [B, A] the other way round. Ties go to the first token.
/// a [Ta, D], a_offsets [A + 1], b [Tb, D], b_offsets [B + 1] int32.  Grad: a, b.
/// Errors: DataError naming a sequence without tokens.
std::tuple<Tensor, Tensor> late_similarity(const Tensor& a, const Tensor& a_offsets,
                                           const Tensor& b, const Tensor& b_offsets);

/// The rows' half of `contrastive` over given logits [R, N]; row_group [R], column_group [N] int64.
/// -> (loss_sum, correct).  Grad (of loss_sum): logits.
std::tuple<Tensor, Tensor> matrix_cross_entropy(const Tensor& logits, const Tensor& row_group,
                                                const Tensor& column_group, double smoothing = 0);

/// What one optimizer step needs and what changes from step to step; the op reads them from a
/// float32 tensor `scalars` in this order.
enum class StepScalar : int64_t {
  kLearningRate,
  kCorrection1,  ///< 1 - beta1^t, or 1 without bias correction
  kCorrection2,  ///< 1 - beta2^t, or 1
  kGradScale,    ///< multiplies the gradient (clipping); 0 skips the update entirely
  kCount,
};

/// One decoupled-weight-decay Adam update (Loshchilov & Hutter 2019) of flat float32 buffers, in
/// place: g = grad * kGradScale; m, v updated; p -= lr * factor * (m^ / (sqrt(v^) + eps) + decay *
/// p). param, grad, m, v [N]; segments [n, 2] int64 (begin, end), ascending, the rest is untouched
/// (frozen); factors [n, 2] float32 (learning-rate factor, decay). Element-wise: the same bits
/// wherever a segment is cut.
void adamw_(const Tensor& param, const Tensor& grad, const Tensor& m, const Tensor& v,
            const Tensor& segments, const Tensor& factors, const Tensor& scalars, double beta1,
            double beta2, double eps);

/// Sum of squares of the listed segments of a flat buffer, as float64 [1]; fixed blocks, fixed
/// order.
Tensor sum_of_squares(const Tensor& flat, const Tensor& segments);

/// total += part over flat float32 buffers (the order of additions is the caller's).
void add_(const Tensor& total, const Tensor& part);

/// The matrix product in use: "openblas" or "mkl" (what `select_blas` resolved).
const char* blas_name();

/// "auto" picks by the processor's identity, never by timing. Call before the first linear.
/// Errors: ConfigError when a named one cannot be opened.
void select_blas(const std::string& name);

}  // namespace tpretrain::ops
