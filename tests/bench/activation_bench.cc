#include "bench/op_bench.h"

namespace tpretrain::ops::bench {

/// T, F, threads.
void activation_shapes(benchmark::internal::Benchmark* b) {
  for (const int64_t threads : {1, 2}) {
    b->Args({4096, 512, threads})->Args({1024, 3072, threads});
  }
  b->UseRealTime()->Unit(benchmark::kMicrosecond);
}

void gelu_case(benchmark::State& state, bool ours) {
  const int64_t rows = state.range(0);
  const int64_t cols = state.range(1);
  run(state, state.range(2), {leaf({rows, cols}), leaf({cols})}, [=](const Tensors& in) {
    return ours ? bias_activation(in[0], in[1], Activation::kGelu) : at::gelu(in[0] + in[1]);
  });
  count_bytes(state, 5 * 4 * rows * cols);
}

void swiglu_case(benchmark::State& state, bool ours) {
  const int64_t rows = state.range(0);
  const int64_t cols = state.range(1);
  run(state, state.range(2), {leaf({rows, 2 * cols})}, [=](const Tensors& in) {
    if (ours) {
      return gated_activation(in[0], {}, Activation::kSilu);
    }
    const auto halves = in[0].chunk(2, 1);
    return at::silu(halves[0]) * halves[1];
  });
  count_bytes(state, 8 * 4 * rows * cols);
}

BENCHMARK_CAPTURE(gelu_case, ours, true)->Apply(activation_shapes);
BENCHMARK_CAPTURE(gelu_case, aten, false)->Apply(activation_shapes);
BENCHMARK_CAPTURE(swiglu_case, ours, true)->Apply(activation_shapes);
BENCHMARK_CAPTURE(swiglu_case, aten, false)->Apply(activation_shapes);

}  // namespace tpretrain::ops::bench
