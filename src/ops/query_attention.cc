#include <array>
#include <cmath>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
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
using QueryPair = std::tuple<Tensor, Tensor>;

constexpr int64_t kPooledSequences = 8;  ///< of one partial sum of the gradient of the query

const auto& query_attention_op() {
  static const auto op = find_op<QueryPair(const Tensor&, const Tensor&, const Tensor&, int64_t)>(
      "tpretrain::query_attention");
  return op;
}

const auto& query_attention_backward_op() {
  static const auto op =
      find_op<QueryPair(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                        int64_t, std::array<bool, 2>)>("tpretrain::query_attention_backward");
  return op;
}

class QueryAttentionFunction : public torch::autograd::Function<QueryAttentionFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& query, const Tensor& kv,
                               const Tensor& offsets, int64_t heads) {
    const at::AutoDispatchBelowADInplaceOrView below;
    ctx->set_materialize_grads(false);
    auto [y, lse] = query_attention_op().call(query, kv, offsets, heads);
    ctx->save_for_backward({query, kv, offsets, lse});
    ctx->mark_non_differentiable({lse});
    ctx->saved_data["heads"] = heads;
    return {y, lse};
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const BackwardGuard guard;
    if (!grads[0].defined()) {
      return variable_list(4);
    }
    const auto saved = ctx->get_saved_variables();
    NeedsGrad needs(ctx);
    const bool needs_query = needs.next();
    const bool needs_kv = needs.next();
    auto [dquery, dkv] = query_attention_backward_op().call(
        grads[0], saved[0], saved[1], saved[2], saved[3], ctx->saved_data["heads"].toInt(),
        {needs_query, needs_kv});
    return {dquery, dkv, {}, {}};
  }
};

struct PooledScores;
struct PooledGrads;
struct PooledRow;
struct PooledWords;

/// All heads of one sequence are a block of the attention kernels: row = head, column = token.
template <typename T>
struct PooledSequence {
  int64_t heads;
  int64_t size;  ///< of one head
  int64_t length;
  const T* query;  ///< [width]
  const T* kv;     ///< [length, 2 width]
  T scale;

  int64_t width() const { return heads * size; }

  kernels::AttentionBlock block() const {
    kernels::AttentionBlock block;
    block.queries = heads;
    block.keys = length;
    block.stride = length;
    return block;
  }

  Operand<T> of_query(int64_t head) const { return {query + head * size, size}; }

  Operand<T> keys(int64_t head, bool transposed) const {
    return {kv + head * size, 2 * width(), transposed};
  }

  Operand<T> values(int64_t head, bool transposed) const {
    return {kv + width() + head * size, 2 * width(), transposed};
  }

  /// scores [heads, length] in scratch memory.
  T* scores() const {
    T* out = thread_scratch<PooledScores>().get<T>(heads * length);
    for (int64_t h = 0; h < heads; ++h) {
      gemm<T>(1, length, size, scale, of_query(h), keys(h, true), 0, out + h * length, length);
    }
    return out;
  }

  /// y [width]; lse [heads].
  void forward(T* y, T* lse) const {
    T* p = scores();
    kernels::attention_kernels<T>().forward(
        block(), {}, p, lse, thread_scratch<PooledWords>().get<uint32_t>(length + 32));
    for (int64_t h = 0; h < heads; ++h) {
      gemm<T>(1, size, length, 1, {p + h * length, length}, values(h, false), 0, y + h * size,
              size);
    }
  }

  /// Adds to dquery [width] and writes dkv [length, 2 width]; either may be null.
  void backward(const T* dy, const T* lse, T* dquery, T* dkv) const {
    T* p = scores();
    T* grad = thread_scratch<PooledGrads>().get<T>(heads * length);
    for (int64_t h = 0; h < heads; ++h) {
      gemm<T>(1, length, size, 1, {dy + h * size, size}, values(h, true), 0, grad + h * length,
              length);
    }
    kernels::attention_kernels<T>().backward(
        block(), {}, p, grad, lse, thread_scratch<PooledRow>().get<T>(length + 16),
        thread_scratch<PooledWords>().get<uint32_t>(length + 32));
    for (int64_t h = 0; h < heads; ++h) {
      const Operand<T> grad_row{grad + h * length, length};
      if (dquery != nullptr) {
        gemm<T>(1, size, length, scale, grad_row, keys(h, false), 1, dquery + h * size, size);
      }
      if (dkv != nullptr) {
        gemm<T>(length, size, 1, scale, {grad_row.data, length, true}, of_query(h), 0,
                dkv + h * size, 2 * width());
        gemm<T>(length, size, 1, 1, {p + h * length, length, true}, {dy + h * size, size}, 0,
                dkv + width() + h * size, 2 * width());
      }
    }
  }
};

struct PooledInputs {
  PooledInputs(const Tensor& given_query, const Tensor& given_kv, const Tensor& given_offsets,
               int64_t given_heads)
      : heads(given_heads) {
    check_shape("query", given_query, {{"D"}});
    check_float("query", given_query);
    const int64_t width = given_query.size(0);
    check_shape("kv", given_kv, {{"T"}, {"2 D", 2 * width}});
    check_dtype("kv", given_kv, given_query.scalar_type());
    if (heads < 1 || width == 0 || width % heads != 0) {
      fail_argument("heads", c10::str("a divisor of D = ", width), c10::str(heads));
    }
    offsets = check_offsets(given_offsets, given_kv.size(0));
    query = given_query.contiguous();
    kv = given_kv.contiguous();
  }

  int64_t sequences() const { return offsets.size(0) - 1; }

  template <typename T>
  PooledSequence<T> sequence(int64_t index) const {
    const int32_t* begin = offsets.const_data_ptr<int32_t>() + index;
    const int64_t size = query.size(0) / heads;
    return {heads,
            size,
            begin[1] - begin[0],
            query.const_data_ptr<T>(),
            kv.const_data_ptr<T>() + begin[0] * kv.size(1),
            static_cast<T>(1 / std::sqrt(static_cast<double>(size)))};
  }

  int64_t heads;
  Tensor query, kv, offsets;
};

}  // namespace

QueryPair query_attention_cpu(const Tensor& query, const Tensor& kv, const Tensor& offsets,
                              int64_t heads) {
  const PooledInputs inputs(query, kv, offsets, heads);
  const int64_t width = query.size(0);
  Tensor y = at::zeros({inputs.sequences(), width}, query.options());
  Tensor lse = at::zeros({inputs.sequences(), heads}, query.options());
  with_float(query, [&]<typename T>() {
    T* y_data = y.mutable_data_ptr<T>();
    T* lse_data = lse.mutable_data_ptr<T>();
    parallel_blocks(inputs.sequences(), [&](int64_t s) {
      const PooledSequence<T> sequence = inputs.sequence<T>(s);
      if (sequence.length > 0) {
        sequence.forward(y_data + s * width, lse_data + s * heads);
      }
    });
  });
  return {y, lse};
}

QueryPair query_attention_backward_cpu(const Tensor& grad, const Tensor& query, const Tensor& kv,
                                       const Tensor& offsets, const Tensor& lse, int64_t heads,
                                       std::array<bool, 2> mask) {
  const PooledInputs inputs(query, kv, offsets, heads);
  const int64_t width = query.size(0);
  check_shape("grad", grad, {{"S", inputs.sequences()}, {"D", width}});
  check_dtype("grad", grad, query.scalar_type());
  check_shape("lse", lse, {{"S", inputs.sequences()}, {"heads", heads}});
  const Tensor dy = grad.contiguous();
  Tensor dkv = mask[1] ? at::empty(kv.sizes(), kv.options()) : Tensor();
  return with_float(query, [&]<typename T>() -> QueryPair {
    const Blocks blocks{inputs.sequences(), kPooledSequences};
    const PartialSums<T> dquery(mask[0], blocks.count(), width, query.options());
    const T* dy_data = dy.const_data_ptr<T>();
    const T* lse_data = lse.const_data_ptr<T>();
    T* dkv_data = mask[1] ? dkv.mutable_data_ptr<T>() : nullptr;
    const int32_t* begin = inputs.offsets.const_data_ptr<int32_t>();
    parallel_blocks(blocks.count(), [&](int64_t block) {
      T* part = dquery.open(block);
      for (int64_t s = blocks.begin(block); s < blocks.end(block); ++s) {
        const PooledSequence<T> sequence = inputs.sequence<T>(s);
        if (sequence.length > 0) {
          sequence.backward(dy_data + s * width, lse_data + s * heads, part,
                            dkv_data == nullptr ? nullptr : dkv_data + begin[s] * 2 * width);
        }
      }
    });
    return {dquery.total({width}), dkv};
  });
}

QueryPair query_attention_autograd(const Tensor& query, const Tensor& kv, const Tensor& offsets,
                                   int64_t heads) {
  const variable_list out = QueryAttentionFunction::apply(query, kv, offsets, heads);
  return {out[0], out[1]};
}

Tensor query_attention(const Tensor& query, const Tensor& kv, const Tensor& offsets,
                       int64_t heads) {
  return std::get<0>(query_attention_op().call(query, kv, offsets, heads));
}

}  // namespace tpretrain::ops
