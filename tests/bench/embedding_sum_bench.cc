#include "bench/op_bench.h"

namespace tpretrain::ops::bench {

/// T, D, V, threads.
void embedding_shapes(benchmark::internal::Benchmark* b) {
  for (const int64_t threads : {1, 2}) {
    b->Args({4096, 128, 21128, threads})->Args({1024, 768, 30522, threads});
  }
  b->UseRealTime()->Unit(benchmark::kMicrosecond);
}

void embedding_case(benchmark::State& state, bool ours) {
  const int64_t tokens = state.range(0);
  const int64_t cols = state.range(1);
  const int64_t words = state.range(2);
  const at::Tensor keys = token_keys(tokens);
  const Tensors indices = {at::randint(words, {tokens}, at::kLong),
                           at::arange(tokens, at::kLong).remainder(128),
                           at::randint(2, {tokens}, at::kLong)};
  const Tensors inputs = {leaf({words, cols}), leaf({512, cols}), leaf({2, cols}), leaf({cols}),
                          leaf({cols})};
  run(state, state.range(3), inputs, [=](const Tensors& in) {
    if (ours) {
      const Tensors tables(in.begin(), in.begin() + 3);
      return embedding_sum(tables, indices, {}, in[3], in[4], NormKind::kLayer, 1e-5, {0.1, 7},
                           keys);
    }
    const at::Tensor sum = at::embedding(in[0], indices[0]) + at::embedding(in[1], indices[1]) +
                           at::embedding(in[2], indices[2]);
    return at::dropout(at::layer_norm(sum, {cols}, in[3], in[4], 1e-5), 0.1, true);
  });
}

BENCHMARK_CAPTURE(embedding_case, ours, true)->Apply(embedding_shapes);
BENCHMARK_CAPTURE(embedding_case, aten, false)->Apply(embedding_shapes);

}  // namespace tpretrain::ops::bench
