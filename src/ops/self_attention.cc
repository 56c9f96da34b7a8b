#include <cmath>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/util/StringUtil.h>

#include "kernels/attention.h"
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
using AttentionForward = std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, int64_t, int64_t,
                                                    bool, double, double, int64_t,
                                                    const MaybeTensor&);
using AttentionBackward = Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                 int64_t, bool, double, double, int64_t, const MaybeTensor&);

/// Queries of one block; with their keys they stay in a second-level cache up to length 512.
constexpr int64_t kQueries = 128;

const auto& attention_op() {
  static const auto op = find_op<AttentionForward>("tpretrain::self_attention");
  return op;
}

const auto& attention_backward_op() {
  static const auto op = find_op<AttentionBackward>("tpretrain::self_attention_backward");
  return op;
}

class SelfAttentionFunction : public torch::autograd::Function<SelfAttentionFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& qkv, const Tensor& offsets,
                               int64_t max_length, int64_t heads, bool causal, double scale,
                               double p, int64_t key, const MaybeTensor& token_key) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [y, lse] =
        attention_op().call(qkv, offsets, max_length, heads, causal, scale, p, key, token_key);
    ctx->save_for_backward({qkv, offsets, lse, value(token_key)});
    ctx->mark_non_differentiable({lse});
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["causal"] = causal;
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["p"] = p;
    ctx->saved_data["key"] = key;
    return {y, lse};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    variable_list result(9);
    if (grads[0].defined()) {
      const auto saved = ctx->get_saved_variables();
      result[0] = attention_backward_op().call(
          grads[0], saved[0], saved[1], saved[2], ctx->saved_data["heads"].toInt(),
          ctx->saved_data["causal"].toBool(), ctx->saved_data["scale"].toDouble(),
          ctx->saved_data["p"].toDouble(), ctx->saved_data["key"].toInt(), maybe(saved[3]));
    }
    return result;
  }
};

/// The checked problem, with raw pointers for the workers.
template <typename T>
struct AttentionProblem {
  int64_t heads = 1;
  int64_t width = 0;  ///< of one head
  bool causal = false;
  T scale = 1;
  kernels::DropoutRule rule;
  const T* qkv = nullptr;  ///< [T, 3 heads width]
  const int32_t* offsets = nullptr;
  int64_t sequences = 0;
  const int64_t* token_key = nullptr;

  int64_t row_stride() const { return 3 * heads * width; }

  int64_t length(int64_t sequence) const { return offsets[sequence + 1] - offsets[sequence]; }

  /// Up to kQueries queries from `first_query` on, and the keys they may see.
  kernels::AttentionBlock block(int64_t sequence, int64_t head, int64_t first_query) const {
    kernels::AttentionBlock block;
    block.queries = std::min(kQueries, length(sequence) - first_query);
    block.keys = causal ? first_query + block.queries : length(sequence);
    block.stride = block.keys;
    block.first_query = first_query;
    block.causal = causal;
    block.head = static_cast<uint32_t>(head);
    block.token_key = token_key == nullptr ? nullptr : token_key + offsets[sequence];
    block.lse_stride = heads;
    return block;
  }

  /// Index of part 0, 1 or 2 (query, key, value) of one token and head.
  int64_t at(int64_t token, int64_t head, int64_t part) const {
    return token * row_stride() + (part * heads + head) * width;
  }

  Operand<T> part(int64_t token, int64_t head, int64_t part, bool transposed = false) const {
    return {qkv + at(token, head, part), row_stride(), transposed};
  }

  /// scores [queries, keys] = scale Q K^T.
  void scores(const kernels::AttentionBlock& block, int64_t first_token, int64_t head,
              T* out) const {
    gemm<T>(block.queries, block.keys, width, scale, part(first_token + block.first_query, head, 0),
            part(first_token, head, 1, true), 0, out, block.stride);
  }
};

struct AttentionScores;
struct AttentionGrads;
struct AttentionRow;
struct AttentionWords;

/// (sequence, first query) of every block of queries.
template <typename T>
std::vector<std::pair<int64_t, int64_t>> query_blocks(const AttentionProblem<T>& problem) {
  std::vector<std::pair<int64_t, int64_t>> blocks;
  for (int64_t s = 0; s < problem.sequences; ++s) {
    for (int64_t q = 0; q < problem.length(s); q += kQueries) {
      blocks.emplace_back(s, q);
    }
  }
  return blocks;
}

template <typename T>
void attend(const AttentionProblem<T>& problem, T* y, T* lse) {
  const auto blocks = query_blocks(problem);
  parallel_blocks(static_cast<int64_t>(blocks.size()) * problem.heads, [&](int64_t task) {
    const auto [sequence, first_query] = blocks[static_cast<size_t>(task / problem.heads)];
    const int64_t head = task % problem.heads;
    const int64_t first_token = problem.offsets[sequence];
    const int64_t token = first_token + first_query;
    const kernels::AttentionBlock block = problem.block(sequence, head, first_query);
    T* scores = thread_scratch<AttentionScores>().get<T>(block.queries * block.keys);
    uint32_t* words = thread_scratch<AttentionWords>().get<uint32_t>(block.keys + 32);
    problem.scores(block, first_token, head, scores);
    kernels::attention_kernels<T>().forward(block, problem.rule, scores,
                                            lse + token * problem.heads + head, words);
    const int64_t y_stride = problem.heads * problem.width;
    gemm<T>(block.queries, problem.width, block.keys, 1, {scores, block.stride},
            problem.part(first_token, head, 2), 0, y + token * y_stride + head * problem.width,
            y_stride);
  });
}

/// One (sequence, head): its key and value gradients add up over its blocks of queries, in order.
template <typename T>
void attend_backward(const AttentionProblem<T>& problem, int64_t sequence, int64_t head,
                     const T* dy, const T* lse, T* dqkv) {
  const int64_t first_token = problem.offsets[sequence];
  const int64_t y_stride = problem.heads * problem.width;
  const int64_t stride = problem.row_stride();
  const int64_t length = problem.length(sequence);
  // Causal blocks reach ever more keys: the last block first, so that the first product of each
  // key row writes and the later ones add.
  const int64_t last = (length - 1) / kQueries * kQueries;
  for (int64_t first_query = last; first_query >= 0; first_query -= kQueries) {
    const kernels::AttentionBlock block = problem.block(sequence, head, first_query);
    const int64_t token = first_token + first_query;
    const T beta = first_query == last ? 0 : 1;
    const int64_t size = block.queries * block.keys;
    T* scores = thread_scratch<AttentionScores>().get<T>(size);
    T* grad = thread_scratch<AttentionGrads>().get<T>(size);
    T* row = thread_scratch<AttentionRow>().get<T>(block.keys + 16);
    uint32_t* words = thread_scratch<AttentionWords>().get<uint32_t>(block.keys + 32);
    const Operand<T> dy_block{dy + token * y_stride + head * problem.width, y_stride};
    problem.scores(block, first_token, head, scores);
    gemm<T>(block.queries, block.keys, problem.width, 1, dy_block,
            problem.part(first_token, head, 2, true), 0, grad, block.stride);
    kernels::attention_kernels<T>().backward(block, problem.rule, scores, grad,
                                             lse + token * problem.heads + head, row, words);
    gemm<T>(block.keys, problem.width, block.queries, 1, {scores, block.stride, true}, dy_block,
            beta, dqkv + problem.at(first_token, head, 2), stride);
    gemm<T>(block.keys, problem.width, block.queries, problem.scale, {grad, block.stride, true},
            problem.part(token, head, 0), beta, dqkv + problem.at(first_token, head, 1), stride);
    gemm<T>(block.queries, problem.width, block.keys, problem.scale, {grad, block.stride},
            problem.part(first_token, head, 1), 0, dqkv + problem.at(token, head, 0), stride);
  }
}

/// Tokens of a sequence have consecutive k: dropout reads the words of a row as one run.
void check_consecutive(const Tensor& token_key, const Tensor& offsets) {
  const int64_t* keys = token_key.const_data_ptr<int64_t>();
  const int32_t* begin = offsets.const_data_ptr<int32_t>();
  for (int64_t s = 0; s + 1 < offsets.numel(); ++s) {
    for (int64_t t = begin[s] + 1; t < begin[s + 1]; ++t) {
      if (keys[t] != keys[t - 1] + 1) {
        fail_argument("token_key", "consecutive inside a sequence", c10::str("not at token ", t));
      }
    }
  }
}

struct AttentionInputs {
  Tensor qkv, offsets, token_key;
  int64_t width = 0;
};

AttentionInputs check_attention(const Tensor& qkv, const Tensor& offsets, int64_t heads, double p,
                                const MaybeTensor& token_key) {
  constexpr int64_t kMaxHeads = 1024;  // element = head << 22 | k must fit 32 bits
  check_shape("qkv", qkv, {{"T"}, {"3 heads d"}});
  check_float("qkv", qkv);
  if (heads < 1 || heads > kMaxHeads) {
    fail_argument("heads", c10::str("in [1, ", kMaxHeads, "]"), c10::str(heads));
  }
  if (qkv.size(1) == 0 || qkv.size(1) % (3 * heads) != 0) {
    fail_argument("qkv", c10::str("[T, 3 heads d] with heads = ", heads),
                  c10::str(qkv.size(1), " wide"));
  }
  AttentionInputs result{qkv.contiguous(), check_offsets(offsets, qkv.size(0)),
                         check_dropout(p, token_key, qkv.size(0)), qkv.size(1) / (3 * heads)};
  if (result.token_key.defined()) {
    check_consecutive(result.token_key, result.offsets);
  }
  return result;
}

template <typename T>
AttentionProblem<T> attention_problem(const AttentionInputs& arguments, int64_t heads, bool causal,
                                      double scale, double p, int64_t key) {
  AttentionProblem<T> problem;
  problem.heads = heads;
  problem.width = arguments.width;
  problem.causal = causal;
  problem.scale =
      static_cast<T>(scale == 0 ? 1 / std::sqrt(static_cast<double>(arguments.width)) : scale);
  problem.rule = kernels::dropout_rule(p, key);
  problem.qkv = arguments.qkv.const_data_ptr<T>();
  problem.offsets = arguments.offsets.const_data_ptr<int32_t>();
  problem.sequences = arguments.offsets.numel() - 1;
  problem.token_key =
      arguments.token_key.defined() ? arguments.token_key.const_data_ptr<int64_t>() : nullptr;
  return problem;
}

}  // namespace

std::tuple<Tensor, Tensor> self_attention_cpu(const Tensor& qkv, const Tensor& offsets,
                                              int64_t max_length, int64_t heads, bool causal,
                                              double scale, double p, int64_t key,
                                              const MaybeTensor& token_key) {
  const AttentionInputs arguments = check_attention(qkv, offsets, heads, p, token_key);
  Tensor y = at::empty({qkv.size(0), heads * arguments.width}, qkv.options());
  Tensor lse = at::empty({qkv.size(0), heads}, qkv.options());
  with_float(qkv, [&]<typename T>() {
    const AttentionProblem<T> problem =
        attention_problem<T>(arguments, heads, causal, scale, p, key);
    for (int64_t s = 0; s < problem.sequences; ++s) {
      if (problem.length(s) > max_length) {
        fail_argument("max_length", c10::str(">= ", problem.length(s), ", the longest sequence"),
                      c10::str(max_length));
      }
    }
    attend<T>(problem, y.mutable_data_ptr<T>(), lse.mutable_data_ptr<T>());
  });
  return {y, lse};
}

Tensor self_attention_backward_cpu(const Tensor& grad, const Tensor& qkv, const Tensor& offsets,
                                   const Tensor& lse, int64_t heads, bool causal, double scale,
                                   double p, int64_t key, const MaybeTensor& token_key) {
  const AttentionInputs arguments = check_attention(qkv, offsets, heads, p, token_key);
  check_shape("grad", grad, {{"T", qkv.size(0)}, {"heads d", heads * arguments.width}});
  check_dtype("grad", grad, qkv.scalar_type());
  check_shape("lse", lse, {{"T", qkv.size(0)}, {"heads", heads}});
  const Tensor dy = grad.contiguous();
  Tensor dqkv = at::empty_like(arguments.qkv);
  with_float(qkv, [&]<typename T>() {
    const AttentionProblem<T> problem =
        attention_problem<T>(arguments, heads, causal, scale, p, key);
    const T* dy_data = dy.const_data_ptr<T>();
    const T* lse_data = lse.const_data_ptr<T>();
    T* out = dqkv.mutable_data_ptr<T>();
    parallel_blocks(problem.sequences * heads, [&](int64_t task) {
      if (problem.length(task / heads) > 0) {
        attend_backward<T>(problem, task / heads, task % heads, dy_data, lse_data, out);
      }
    });
  });
  return dqkv;
}

std::tuple<Tensor, Tensor> self_attention_autograd(const Tensor& qkv, const Tensor& offsets,
                                                   int64_t max_length, int64_t heads, bool causal,
                                                   double scale, double p, int64_t key,
                                                   const MaybeTensor& token_key) {
  const variable_list out = SelfAttentionFunction::apply(qkv, offsets, max_length, heads, causal,
                                                         scale, p, key, token_key);
  return {out[0], out[1]};
}

Tensor self_attention(const Tensor& qkv, const Tensor& offsets, int64_t max_length,
                      const AttentionOptions& options, const Tensor& token_key) {
  return std::get<0>(attention_op().call(qkv, offsets, max_length, options.heads, options.causal,
                                         options.scale, options.dropout.p, options.dropout.key,
                                         maybe(token_key)));
}

}  // namespace tpretrain::ops
