#include "bench/op_bench.h"

namespace tpretrain::ops::bench {

/// T, D, threads.
void residual_shapes(benchmark::internal::Benchmark* b) {
  for (const int64_t threads : {1, 2}) {
    b->Args({4096, 128, threads})->Args({1024, 768, threads});
  }
  b->UseRealTime()->Unit(benchmark::kMicrosecond);
}

void residual_case(benchmark::State& state, bool ours) {
  const int64_t rows = state.range(0);
  const int64_t cols = state.range(1);
  const at::Tensor keys = token_keys(rows);
  const Tensors inputs = {leaf({rows, cols}), leaf({rows, cols}), leaf({cols}), leaf({cols}),
                          leaf({cols})};
  run(state, state.range(2), inputs, [=](const Tensors& in) {
    if (ours) {
      return std::get<0>(dropout_residual_norm(in[0], in[2], in[1], in[3], in[4], NormKind::kLayer,
                                               1e-5, {0.1, 7}, keys));
    }
    const at::Tensor sum = in[1] + at::dropout(in[0] + in[2], 0.1, true);
    return at::layer_norm(sum, {cols}, in[3], in[4], 1e-5);
  });
  count_bytes(state, 8 * 4 * rows * cols);
}

BENCHMARK_CAPTURE(residual_case, ours, true)->Apply(residual_shapes);
BENCHMARK_CAPTURE(residual_case, aten, false)->Apply(residual_shapes);

}  // namespace tpretrain::ops::bench
