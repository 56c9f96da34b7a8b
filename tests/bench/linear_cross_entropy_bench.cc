#include "bench/op_bench.h"

namespace tpretrain::ops::bench {

/// R, D, V, threads.
void entropy_shapes(benchmark::internal::Benchmark* b) {
  for (const int64_t threads : {1, 2}) {
    b->Args({614, 128, 21128, threads})->Args({160, 768, 30522, threads});
  }
  b->UseRealTime()->Unit(benchmark::kMillisecond);
}

void entropy_case(benchmark::State& state, bool ours) {
  const int64_t rows = state.range(0);
  const int64_t cols = state.range(1);
  const int64_t classes = state.range(2);
  const at::Tensor labels = at::randint(classes, {rows}, at::kLong);
  run(state, state.range(3), {leaf({rows, cols}), leaf({classes, cols}), leaf({classes})},
      [=](const Tensors& in) {
        if (ours) {
          return std::get<0>(linear_cross_entropy(in[0], in[1], in[2], labels));
        }
        return at::cross_entropy_loss(at::linear(in[0], in[1], in[2]), labels, {},
                                      at::Reduction::Sum);
      });
  count_flops(state, 6.0 * static_cast<double>(rows * cols * classes));
}

BENCHMARK_CAPTURE(entropy_case, ours, true)->Apply(entropy_shapes);
BENCHMARK_CAPTURE(entropy_case, aten, false)->Apply(entropy_shapes);

}  // namespace tpretrain::ops::bench
