#include "bench/op_bench.h"

namespace tpretrain::ops::bench {

/// Sequences, length, heads, head size, threads.
void attention_shapes(benchmark::internal::Benchmark* b) {
  for (const int64_t threads : {1, 2}) {
    b->Args({32, 128, 2, 64, threads})->Args({8, 128, 12, 64, threads});
    b->Args({2, 512, 12, 64, threads});
  }
  b->UseRealTime()->Unit(benchmark::kMillisecond);
}

void attention_case(benchmark::State& state, double p, bool ours) {
  const int64_t sequences = state.range(0);
  const int64_t length = state.range(1);
  const int64_t heads = state.range(2);
  const int64_t width = state.range(3);
  const int64_t tokens = sequences * length;
  const at::Tensor offsets = at::arange(0, tokens + 1, length, at::kInt);
  const at::Tensor keys = token_keys(tokens);
  run(state, state.range(4), {leaf({tokens, 3 * heads * width})}, [=](const Tensors& in) {
    if (ours) {
      return self_attention(in[0], offsets, length, {heads, false, 0, {p, 7}}, keys);
    }
    const at::Tensor parts =
        in[0].reshape({sequences, length, 3, heads, width}).permute({2, 0, 3, 1, 4});
    const at::Tensor y =
        p > 0 ? at::matmul(at::dropout(at::softmax(at::matmul(parts[0], parts[1].transpose(2, 3)) /
                                                       std::sqrt(static_cast<double>(width)),
                                                   -1),
                                       p, true),
                           parts[2])
              : at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
    return y.permute({0, 2, 1, 3}).reshape({tokens, heads * width});
  });
  count_flops(state, 14.0 * static_cast<double>(sequences * heads * length * length * width));
}

BENCHMARK_CAPTURE(attention_case, ours, 0.0, true)->Apply(attention_shapes);
BENCHMARK_CAPTURE(attention_case, aten, 0.0, false)->Apply(attention_shapes);
BENCHMARK_CAPTURE(attention_case, dropout_ours, 0.1, true)->Apply(attention_shapes);
BENCHMARK_CAPTURE(attention_case, dropout_aten, 0.1, false)->Apply(attention_shapes);

}  // namespace tpretrain::ops::bench
