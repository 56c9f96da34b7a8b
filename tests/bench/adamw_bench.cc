#include <ATen/ops/_fused_adamw.h>

#include "bench/op_bench.h"

namespace tpretrain::ops::bench {

/// Parameters, threads.
void adamw_shapes(benchmark::internal::Benchmark* b) {
  for (const int64_t threads : {1, 2}) {
    b->Args({4 << 20, threads});
  }
  b->UseRealTime()->Unit(benchmark::kMillisecond);
}

void adamw_case(benchmark::State& state, bool ours) {
  const int64_t size = state.range(0);
  at::set_num_threads(static_cast<int>(state.range(1)));
  const at::Tensor param = at::randn({size});
  const at::Tensor grad = at::randn({size});
  const at::Tensor m = at::zeros({size});
  const at::Tensor v = at::zeros({size});
  const at::Tensor segments = at::tensor({int64_t{0}, size}, at::kLong).reshape({1, 2});
  const at::Tensor factors = at::tensor({1.0F, 0.01F}).reshape({1, 2});
  const at::Tensor scalars = at::tensor({1e-4F, 0.5F, 0.5F, 1.0F});
  const at::Tensor steps = at::ones({});
  for (auto _ : state) {
    if (ours) {
      adamw_(param, grad, m, v, segments, factors, scalars, 0.9, 0.999, 1e-8);
    } else {
      at::_fused_adamw_({param}, {grad}, {m}, {v}, {}, {steps}, 1e-4, 0.9, 0.999, 0.01, 1e-8, false,
                        false);
    }
  }
  count_bytes(state, 28 * size);
}

BENCHMARK_CAPTURE(adamw_case, ours, true)->Apply(adamw_shapes);
BENCHMARK_CAPTURE(adamw_case, aten, false)->Apply(adamw_shapes);

}  // namespace tpretrain::ops::bench
