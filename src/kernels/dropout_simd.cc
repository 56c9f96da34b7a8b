#include "kernels/dropout.h"
#include "kernels/simd.h"
#include "kernels/simd_philox.h"

namespace tpretrain::kernels::TP_ISA {
namespace {

void words(uint64_t key, int64_t token_key, uint32_t first_block, int64_t count, uint32_t* out) {
  const PhiloxRow row = philox_row(key, token_key);
  for (int64_t i = 0; i < count; i += kLanes) {
    const I drawn = philox16(row, first_block + static_cast<uint32_t>(i / 4));
    __builtin_memcpy(out + i, &drawn, sizeof drawn);
  }
}

/// Calls body(io, column, factor) over a row.
template <typename Body>
TP_INLINE void sweep_factors(const DropoutRule& rule, const int64_t* token_key, int64_t r,
                             int64_t cols, const Body& body) {
  if (rule.threshold == 0) {
    sweep(cols, [&](auto io, int64_t c) TP_BODY { body(io, c, broadcast(1.0F)); });
    return;
  }
  const PhiloxRow row = philox_row(rule.key, token_key[r]);
  const I threshold = broadcast_int(rule.threshold);
  const F scale = broadcast(static_cast<float>(rule.scale));
  sweep(cols, [&](auto io, int64_t c) TP_BODY {
    body(io, c, dropout_factor(philox16(row, static_cast<uint32_t>(c / 4)), threshold, scale));
  });
}

void forward(const DropoutRule& rule, const int64_t* token_key, int64_t rows, int64_t cols,
             const float* x, const float* bias, const float* residual, float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* x_row = x + r * cols;
    const float* residual_row = residual + (residual == nullptr ? 0 : r * cols);
    float* y_row = y + r * cols;
    sweep_factors(rule, token_key, r, cols, [&](auto io, int64_t c, F factor) TP_BODY {
      F value = io.load(x_row + c);
      if (bias != nullptr) {
        value = value + io.load(bias + c);
      }
      const F rest = residual == nullptr ? broadcast(0) : io.load(residual_row + c);
      io.store(y_row + c, fma(value, factor, rest));
    });
  }
}

void backward(const DropoutRule& rule, const int64_t* token_key, int64_t rows, int64_t cols,
              const float* dy, float* dx, float* dbias) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* dy_row = dy + r * cols;
    float* dx_row = dx + r * cols;
    sweep_factors(rule, token_key, r, cols, [&](auto io, int64_t c, F factor) TP_BODY {
      const F value = io.load(dy_row + c) * factor;
      io.store(dx_row + c, value);
      if (dbias != nullptr) {
        io.store(dbias + c, io.load(dbias + c) + value);
      }
    });
  }
}

}  // namespace

DropoutKernels<float> dropout_kernels() {
  return {&forward, &backward, &words};
}

}  // namespace tpretrain::kernels::TP_ISA
