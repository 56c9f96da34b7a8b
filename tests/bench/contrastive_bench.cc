#include <fstream>
#include <string>

#include "bench/op_bench.h"

namespace tpretrain::ops::bench {
namespace {

/// A figure of /proc/self/status in MiB.
double memory_mib(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  double kib = 0;
  while (status >> word) {
    if (word == name + ":") {
      status >> kib;
    }
  }
  return kib / 1024;
}

/// Lets the peak of the resident memory start again from what is resident now.
void reset_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// logits = scale a b^T; cross-entropy of rows and of columns, summed.
at::Tensor dense_loss(const Tensors& in, const at::Tensor& labels) {
  const at::Tensor logits = in[2] * at::matmul(in[0], in[1].t());
  return at::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum) +
         at::cross_entropy_loss(logits.t(), labels, {}, at::Reduction::Sum);
}

/// B, D, threads. Both directions over B pairs; `peak_mib` counts from the inputs on.
void contrastive_case(benchmark::State& state, bool ours) {
  const int64_t rows = state.range(0);
  const int64_t cols = state.range(1);
  const at::Tensor labels = at::arange(rows);
  const auto unit = [&] {
    const at::Tensor x = at::randn({rows, cols});
    return (x / x.norm(2, {1}, true)).requires_grad_(true);
  };
  const Tensors inputs = {unit(), unit(), at::full({}, 14.2857).requires_grad_(true)};
  reset_peak();
  const double before = memory_mib("VmRSS");
  run(state, state.range(2), inputs, [&](const Tensors& in) {
    return ours ? std::get<0>(contrastive(in[0], in[1], in[2], labels, labels, true))
                : dense_loss(in, labels);
  });
  state.counters["peak_mib"] = memory_mib("VmHWM") - before;
  count_flops(state, 6.0 * static_cast<double>(rows * rows * cols));
}

/// The largest size is for tools/bench/contrastive_loss.py: one case a process.
void contrastive_shapes(benchmark::internal::Benchmark* b) {
  b->Args({1024, 512, 1})->Args({1024, 512, 2})->Args({4096, 512, 2})->Args({16384, 512, 2});
  b->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
}

BENCHMARK_CAPTURE(contrastive_case, ours, true)->Apply(contrastive_shapes);
BENCHMARK_CAPTURE(contrastive_case, aten, false)->Apply(contrastive_shapes);

}  // namespace
}  // namespace tpretrain::ops::bench
