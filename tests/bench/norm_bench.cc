#include "bench/op_bench.h"

namespace tpretrain::ops::bench {

/// T, D, threads.
void norm_shapes(benchmark::internal::Benchmark* b) {
  for (const int64_t threads : {1, 2}) {
    b->Args({4096, 128, threads})->Args({1024, 768, threads});
  }
  b->UseRealTime()->Unit(benchmark::kMicrosecond);
}

at::Tensor aten_rms_norm(const Tensors& in) {
  return in[0] * (in[0].square().mean(1, true) + 1e-5).rsqrt() * in[1];
}

void norm_case(benchmark::State& state, NormKind kind, bool ours) {
  const int64_t rows = state.range(0);
  const int64_t cols = state.range(1);
  Tensors inputs = {leaf({rows, cols}), leaf({cols})};
  if (kind == NormKind::kLayer) {
    inputs.push_back(leaf({cols}));
  }
  run(state, state.range(2), inputs, [=](const Tensors& in) {
    if (ours) {
      return ops::norm(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor(), kind, 1e-5);
    }
    return kind == NormKind::kLayer ? at::layer_norm(in[0], {cols}, in[1], in[2], 1e-5)
                                    : aten_rms_norm(in);
  });
  count_bytes(state, 5 * 4 * rows * cols);  // read x, write y; read dy and x, write dx
}

BENCHMARK_CAPTURE(norm_case, layer_ours, NormKind::kLayer, true)->Apply(norm_shapes);
BENCHMARK_CAPTURE(norm_case, layer_aten, NormKind::kLayer, false)->Apply(norm_shapes);
BENCHMARK_CAPTURE(norm_case, rms_ours, NormKind::kRms, true)->Apply(norm_shapes);
BENCHMARK_CAPTURE(norm_case, rms_aten, NormKind::kRms, false)->Apply(norm_shapes);

}  // namespace tpretrain::ops::bench
