#include <array>
#include <vector>

#include "bench/op_bench.h"
#include "kernels/product.h"
#include "ops/blas.h"

namespace tpretrain::ops::bench {
namespace {

/// What the products of attention look like: Q K^T, P V, and P^T dY of one head.
enum Form { kScores, kValues, kGradient };

/// Length, width of a head, distance of tokens, form.
void product_shapes(benchmark::internal::Benchmark* b) {
  for (const std::array<int64_t, 3>& s : {std::array<int64_t, 3>{24, 48, 576},
                                          {64, 48, 576},
                                          {128, 64, 384},
                                          {128, 64, 2304},
                                          {256, 64, 2304},
                                          {512, 64, 2304}}) {
    for (const Form form : {kScores, kValues, kGradient}) {
      b->Args({s[0], s[1], s[2], form});
    }
  }
  b->UseRealTime()->Unit(benchmark::kMicrosecond);
}

/// One thread; the heads of 64 sequences in turn, so that operands come from the outer caches.
void product_case(benchmark::State& state, bool ours) {
  constexpr int64_t kQueries = 128;  // of a block of attention
  const int64_t length = state.range(0);
  const int64_t width = state.range(1);
  const int64_t stride = state.range(2);
  const int64_t queries = std::min(length, kQueries);
  const bool gradient = state.range(3) == kGradient;
  const bool scores = state.range(3) == kScores;
  const int64_t m = gradient ? length : queries;
  const int64_t n = scores ? length : width;
  const int64_t k = scores ? width : gradient ? queries : length;
  const int64_t sequences = 64;
  const at::Tensor tokens = at::randn({sequences * length, stride});
  const at::Tensor weights = at::randn({queries, length});
  const at::Tensor out = at::empty({m, n});
  std::vector<float> packed(static_cast<size_t>(kernels::packed_size(n, k)));
  int64_t next = 0;
  for (auto _ : state) {
    const float* token = tokens.const_data_ptr<float>() + next++ % sequences * length * stride;
    const Operand<float> a =
        scores ? Operand<float>{token, stride}
               : Operand<float>{weights.const_data_ptr<float>(), length, gradient};
    const Operand<float> b{token + width, stride, scores};
    float* c = out.mutable_data_ptr<float>();
    if (ours) {
      kernels::product_kernels<float>().multiply({m, n, k, 1, a, b, 0, c, n}, packed.data());
    } else {
      library_gemm<float>(m, n, k, 1, a, b, 0, c, n);
    }
  }
  count_flops(state, 2.0 * static_cast<double>(m * n * k));
}

}  // namespace

BENCHMARK_CAPTURE(product_case, tpretrain, true)->Apply(product_shapes);
BENCHMARK_CAPTURE(product_case, library, false)->Apply(product_shapes);

}  // namespace tpretrain::ops::bench
