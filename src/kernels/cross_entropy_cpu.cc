#include <cmath>
#include <limits>

#include "kernels/cross_entropy.h"

namespace tpretrain::kernels {
namespace {

template <typename T>
void forward(const Tile& tile, const T* logits, const T* bias, const int64_t* labels,
             TileRow<T>* out) {
  constexpr T kLowest = -std::numeric_limits<T>::infinity();
  for (int64_t r = 0; r < tile.rows; ++r) {
    const T* row = logits + r * tile.stride;
    const int64_t label = labels[r] - tile.first_class;
    TileRow<T> result{kLowest, 0, 0, kLowest, 0};
    for (int64_t c = 0; c < tile.cols; ++c) {
      const T z = row[c] + (bias == nullptr ? T{0} : bias[c]);
      result.high = z > result.high ? z : result.high;
      result.sum += z;
      if (c < label && z > result.before) {
        result.before = z;
      }
      if (c == label) {
        result.label = z;
      }
    }
    for (int64_t c = 0; c < tile.cols; ++c) {
      result.total += std::exp(row[c] + (bias == nullptr ? T{0} : bias[c]) - result.high);
    }
    out[r] = result;
  }
}

template <typename T>
void backward(const Tile& tile, const T* logits, const T* bias, const int64_t* labels, const T* lse,
              double smoothing, T* grad, T* dbias) {
  const T everywhere = static_cast<T>(smoothing / static_cast<double>(tile.classes));
  const T at_label = static_cast<T>(1 - smoothing);
  for (int64_t r = 0; r < tile.rows; ++r) {
    const int64_t label = labels[r] - tile.first_class;
    for (int64_t c = 0; c < tile.cols; ++c) {
      const T z = logits[r * tile.stride + c] + (bias == nullptr ? T{0} : bias[c]);
      const T g = std::exp(z - lse[r]) - everywhere - (c == label ? at_label : T{0});
      grad[r * tile.stride + c] = g;
      if (dbias != nullptr) {
        dbias[c] += g;
      }
    }
  }
}

}  // namespace

template <typename T>
CrossEntropyKernels<T> plain_cross_entropy_kernels() {
  return {&forward<T>, &backward<T>};
}

template CrossEntropyKernels<float> plain_cross_entropy_kernels();
template CrossEntropyKernels<double> plain_cross_entropy_kernels();

template <>
const CrossEntropyKernels<float>& cross_entropy_kernels() {
  static const CrossEntropyKernels<float> table =
      TP_FASTEST(plain_cross_entropy_kernels<float>, cross_entropy_kernels);
  return table;
}

template <>
const CrossEntropyKernels<double>& cross_entropy_kernels() {
  static const CrossEntropyKernels<double> table = plain_cross_entropy_kernels<double>();
  return table;
}

}  // namespace tpretrain::kernels
