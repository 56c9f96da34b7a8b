#include "bench/op_bench.h"

namespace tpretrain::ops::bench {

/// T, K, N, threads.
void linear_shapes(benchmark::internal::Benchmark* b) {
  for (const int64_t threads : {1, 2}) {
    b->Args({4096, 128, 384, threads})->Args({4096, 512, 128, threads});
    b->Args({1024, 768, 3072, threads})->Args({614, 128, 128, threads});
  }
  b->UseRealTime()->Unit(benchmark::kMillisecond);
}

void linear_case(benchmark::State& state, bool ours) {
  const int64_t t = state.range(0);
  const int64_t k = state.range(1);
  const int64_t n = state.range(2);
  run(state, state.range(3), {leaf({t, k}), leaf({n, k}), leaf({n})}, [=](const Tensors& in) {
    return ours ? ops::linear(in[0], in[1], in[2]) : at::linear(in[0], in[1], in[2]);
  });
  count_flops(state, 6.0 * static_cast<double>(t * k * n));
}

BENCHMARK_CAPTURE(linear_case, ours, true)->Apply(linear_shapes);
BENCHMARK_CAPTURE(linear_case, aten, false)->Apply(linear_shapes);

}  // namespace tpretrain::ops::bench
