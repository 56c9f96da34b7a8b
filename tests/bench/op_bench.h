/// What the op benchmarks share. Every case runs forward and backward, ours and ATen's in turn;
/// arguments end with the number of threads.
#pragma once

#include <functional>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <benchmark/benchmark.h>

#include "tpretrain/ops/ops.h"

namespace tpretrain::ops::bench {

using Tensors = std::vector<at::Tensor>;

inline at::Tensor leaf(at::IntArrayRef sizes) {
  return at::randn(sizes).requires_grad_(true);
}

/// Times fn(inputs) and the gradients of all inputs.
inline void run(benchmark::State& state, int64_t threads, const Tensors& inputs,
                const std::function<at::Tensor(const Tensors&)>& fn) {
  at::set_num_threads(static_cast<int>(threads));
  const at::Tensor upstream = at::randn(fn(inputs).sizes());
  for (auto _ : state) {
    benchmark::DoNotOptimize(torch::autograd::grad({fn(inputs)}, inputs, {upstream}));
  }
}

/// Reports `bytes` a call as a rate.
inline void count_bytes(benchmark::State& state, int64_t bytes) {
  state.SetBytesProcessed(state.iterations() * bytes);
}

/// Reports floating-point operations a call as a rate.
inline void count_flops(benchmark::State& state, double flops) {
  state.counters["flops"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

inline at::Tensor token_keys(int64_t tokens) {
  return at::arange(tokens, at::kLong);
}

}  // namespace tpretrain::ops::bench
