#include "kernels/attention.h"
#include "kernels/simd.h"
#include "kernels/simd_math.h"
#include "kernels/simd_philox.h"

namespace tpretrain::kernels::TP_ISA {
namespace {

/// Draws the words of one row; returns those of its first key, or null without dropout.
TP_INLINE const uint32_t* draw(const AttentionBlock& block, const DropoutRule& rule, int64_t row,
                               uint32_t* words) {
  if (rule.threshold == 0) {
    return nullptr;
  }
  const int64_t first = block.token_key[0] & 0x3FFFFF;
  const uint32_t first_block = block.head << 20 | static_cast<uint32_t>(first / 4);
  const PhiloxRow counters = philox_row(rule.key, block.token_key[block.first_query + row]);
  const int64_t count = block.visible(row) + first % 4;
  for (int64_t i = 0; i < count; i += kLanes) {
    const I drawn = philox16(counters, first_block + static_cast<uint32_t>(i / 4));
    __builtin_memcpy(words + i, &drawn, sizeof drawn);
  }
  return words + first % 4;
}

TP_INLINE void clear(float* row, int64_t begin, int64_t end) {
  for (int64_t c = begin; c < end; ++c) {
    row[c] = 0;
  }
}

TP_INLINE float row_high(const float* row, int64_t size) {
  F high = broadcast(-kInfinity);
  sweep(size, [&](auto io, int64_t c) TP_BODY { high = max(high, io.load(row + c, -kInfinity)); });
  return highest(high);
}

void forward(const AttentionBlock& block, const DropoutRule& rule, float* scores, float* lse,
             uint32_t* words) {
  const I threshold = broadcast_int(rule.threshold);
  for (int64_t r = 0; r < block.queries; ++r) {
    float* row = scores + r * block.stride;
    const int64_t visible = block.visible(r);
    const float high = row_high(row, visible);
    F totals = broadcast(0);
    sweep(visible, [&](auto io, int64_t c) TP_BODY {
      const F e = exponential(io.load(row + c, -kInfinity) - high);
      totals = totals + e;
      io.store(row + c, e);
    });
    const float total = sum(totals);
    const uint32_t* drawn = draw(block, rule, r, words);
    const F inverse = broadcast(1.0F / total);
    if (drawn == nullptr) {
      sweep(visible,
            [&](auto io, int64_t c) TP_BODY { io.store(row + c, io.load(row + c) * inverse); });
    } else {
      const F kept = inverse * static_cast<float>(rule.scale);
      sweep(visible, [&](auto io, int64_t c) TP_BODY {
        io.store(row + c, io.load(row + c) * dropout_factor(io.load(drawn + c), threshold, kept));
      });
    }
    clear(row, visible, block.keys);
    lse[r * block.lse_stride] = high + __builtin_logf(total);
  }
}

void backward(const AttentionBlock& block, const DropoutRule& rule, float* scores, float* grad,
              const float* lse, float* probability, uint32_t* words) {
  const I threshold = broadcast_int(rule.threshold);
  const F scale = broadcast(static_cast<float>(rule.scale));
  for (int64_t r = 0; r < block.queries; ++r) {
    float* row = scores + r * block.stride;
    float* grad_row = grad + r * block.stride;
    const int64_t visible = block.visible(r);
    const float row_lse = lse[r * block.lse_stride];
    const uint32_t* drawn = draw(block, rule, r, words);
    F deltas = broadcast(0);
    sweep(visible, [&](auto io, int64_t c) TP_BODY {
      const F p = exponential(io.load(row + c, -kInfinity) - row_lse);
      F factor = broadcast(1.0F);
      if (drawn != nullptr) {
        factor = dropout_factor(io.load(drawn + c), threshold, scale);
      }
      const F g = io.load(grad_row + c) * factor;
      io.store(probability + c, p);
      io.store(row + c, p * factor);
      io.store(grad_row + c, g);
      deltas = fma(p, g, deltas);
    });
    const float delta = sum(deltas);
    sweep(visible, [&](auto io, int64_t c) TP_BODY {
      io.store(grad_row + c, io.load(probability + c) * (io.load(grad_row + c) - delta));
    });
    clear(row, visible, block.keys);
    clear(grad_row, visible, block.keys);
  }
}

}  // namespace

AttentionKernels<float> attention_kernels() {
  return {&forward, &backward};
}

}  // namespace tpretrain::kernels::TP_ISA
