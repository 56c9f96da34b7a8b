#include <cmath>

#include "kernels/attention.h"

namespace tpretrain::kernels {
namespace {

/// Dropout factors of one row of probabilities.
template <typename T>
class Factors {
 public:
  Factors(const AttentionBlock& block, const DropoutRule& rule, int64_t row, uint32_t* words)
      : rule_(rule), words_(words) {
    if (rule.threshold == 0) {
      return;
    }
    const int64_t first = block.token_key[0] & ((int64_t{1} << kTokenBits) - 1);
    offset_ = first % 4;
    const uint32_t block_index = block.head << (kTokenBits - 2) | static_cast<uint32_t>(first / 4);
    plain_dropout_kernels<T>().words(rule.key, block.token_key[block.first_query + row],
                                     block_index, block.visible(row) + offset_, words);
  }

  T operator[](int64_t key) const {
    if (rule_.threshold == 0) {
      return T{1};
    }
    const auto top = static_cast<int32_t>(words_[offset_ + key] >> 8);
    return top >= rule_.threshold ? static_cast<T>(rule_.scale) : T{0};
  }

 private:
  const DropoutRule& rule_;
  const uint32_t* words_;
  int64_t offset_ = 0;
};

template <typename T>
void forward(const AttentionBlock& block, const DropoutRule& rule, T* scores, T* lse,
             uint32_t* words) {
  for (int64_t r = 0; r < block.queries; ++r) {
    T* row = scores + r * block.stride;
    const int64_t visible = block.visible(r);
    T high = row[0];
    for (int64_t c = 1; c < visible; ++c) {
      high = row[c] > high ? row[c] : high;
    }
    T total = 0;
    for (int64_t c = 0; c < visible; ++c) {
      row[c] = std::exp(row[c] - high);
      total += row[c];
    }
    const Factors<T> factors(block, rule, r, words);
    for (int64_t c = 0; c < block.keys; ++c) {
      row[c] = c < visible ? row[c] / total * factors[c] : T{0};
    }
    lse[r * block.lse_stride] = high + std::log(total);
  }
}

template <typename T>
void backward(const AttentionBlock& block, const DropoutRule& rule, T* scores, T* grad,
              const T* lse, T* probability, uint32_t* words) {
  for (int64_t r = 0; r < block.queries; ++r) {
    T* row = scores + r * block.stride;
    T* grad_row = grad + r * block.stride;
    const int64_t visible = block.visible(r);
    const Factors<T> factors(block, rule, r, words);
    T delta = 0;
    for (int64_t c = 0; c < visible; ++c) {
      probability[c] = std::exp(row[c] - lse[r * block.lse_stride]);
      row[c] = probability[c] * factors[c];
      grad_row[c] *= factors[c];
      delta += probability[c] * grad_row[c];
    }
    for (int64_t c = 0; c < visible; ++c) {
      grad_row[c] = probability[c] * (grad_row[c] - delta);
    }
    for (int64_t c = visible; c < block.keys; ++c) {
      row[c] = 0;
      grad_row[c] = 0;
    }
  }
}

}  // namespace

template <typename T>
AttentionKernels<T> plain_attention_kernels() {
  return {&forward<T>, &backward<T>};
}

template AttentionKernels<float> plain_attention_kernels();
template AttentionKernels<double> plain_attention_kernels();

template <>
const AttentionKernels<float>& attention_kernels() {
  static const AttentionKernels<float> table =
      TP_FASTEST(plain_attention_kernels<float>, attention_kernels);
  return table;
}

template <>
const AttentionKernels<double>& attention_kernels() {
  static const AttentionKernels<double> table = plain_attention_kernels<double>();
  return table;
}

}  // namespace tpretrain::kernels
