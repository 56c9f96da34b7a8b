/// What the op tests share: tensors drawn from counters, comparisons, finite differences and bit
/// equality over thread counts.
#pragma once

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <gtest/gtest.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {

using at::Tensor;
using Tensors = std::vector<Tensor>;

/// Relative tolerances against an independent formulation, by dtype.
inline double tolerance(at::ScalarType dtype) {
  return dtype == at::kDouble ? 1e-10 : 1e-5;
}

/// Standard normal values, the same on every run.
inline Tensor random_tensor(at::IntArrayRef sizes, uint64_t seed, at::ScalarType dtype = at::kFloat,
                            double scale = 1) {
  CounterRng rng(hash64("op test"), seed);
  Tensor values = at::empty(sizes, at::kDouble);
  double* data = values.data_ptr<double>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    data[i] = rng.normal() * scale;
  }
  return values.to(dtype);
}

inline Tensor random_index(int64_t size, int64_t limit, uint64_t seed,
                           at::ScalarType dtype = at::kLong) {
  CounterRng rng(hash64("op test index"), seed);
  Tensor values = at::empty({size}, at::kLong);
  for (int64_t i = 0; i < size; ++i) {
    values.data_ptr<int64_t>()[i] = static_cast<int64_t>(rng.below(static_cast<uint64_t>(limit)));
  }
  return values.to(dtype);
}

/// |a - b| <= relative * max(1, max |b|) everywhere; same shape and dtype.
inline void expect_close(const Tensor& a, const Tensor& b, double relative,
                         const std::string& what = "") {
  ASSERT_TRUE(a.defined() && b.defined()) << what;
  ASSERT_EQ(a.sizes(), b.sizes()) << what;
  ASSERT_EQ(a.scalar_type(), b.scalar_type()) << what;
  if (a.numel() == 0) {
    return;
  }
  const double scale = std::max(1.0, b.to(at::kDouble).abs().max().item<double>());
  const double error = (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
  EXPECT_LE(error, relative * scale) << what;
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() &&
         std::memcmp(a.contiguous().const_data_ptr(), b.contiguous().const_data_ptr(),
                     a.numel() * a.element_size()) == 0;
}

inline Tensor leaf(const Tensor& tensor) {
  return tensor.detach().clone().requires_grad_(true);
}

/// Outputs and the gradients of all inputs, for upstream gradients drawn from counters.
inline Tensors outputs_and_grads(const std::function<Tensors(const Tensors&)>& fn,
                                 const Tensors& inputs) {
  Tensors leaves;
  for (const Tensor& input : inputs) {
    leaves.push_back(leaf(input));
  }
  Tensors outputs = fn(leaves);
  Tensors upstream;
  for (size_t i = 0; i < outputs.size(); ++i) {
    upstream.push_back(random_tensor(outputs[i].sizes(), 900 + i, outputs[i].scalar_type()));
  }
  Tensors result = outputs;
  const Tensors grads = torch::autograd::grad(outputs, leaves, upstream, std::nullopt,
                                              /*create_graph=*/false, /*allow_unused=*/true);
  for (size_t i = 0; i < grads.size(); ++i) {
    result.push_back(grads[i].defined() ? grads[i] : at::zeros_like(leaves[i]));
  }
  for (Tensor& tensor : result) {
    tensor = tensor.detach();
  }
  return result;
}

/// The op and an independent formulation agree in outputs and gradients.
inline void expect_same_function(const std::function<Tensors(const Tensors&)>& op,
                                 const std::function<Tensors(const Tensors&)>& reference,
                                 const Tensors& inputs, double relative = 0) {
  const Tensors ours = outputs_and_grads(op, inputs);
  const Tensors theirs = outputs_and_grads(reference, inputs);
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    expect_close(ours[i], theirs[i], relative > 0 ? relative : tolerance(inputs[0].scalar_type()),
                 "tensor " + std::to_string(i));
  }
}

/// Central differences of sum(outputs * fixed weights) in float64 against autograd.
inline void expect_finite_differences(const std::function<Tensors(const Tensors&)>& fn,
                                      const Tensors& inputs) {
  constexpr double kStep = 1e-6;
  const auto value = [&](const Tensors& at) {
    const at::NoGradGuard no_grad;
    double total = 0;
    const Tensors outputs = fn(at);
    for (size_t i = 0; i < outputs.size(); ++i) {
      total += (outputs[i] * random_tensor(outputs[i].sizes(), 900 + i, at::kDouble))
                   .sum()
                   .item<double>();
    }
    return total;
  };
  const Tensors all = outputs_and_grads(fn, inputs);
  const size_t first = all.size() - inputs.size();
  for (size_t i = 0; i < inputs.size(); ++i) {
    Tensors moved;
    for (const Tensor& input : inputs) {
      ASSERT_EQ(input.scalar_type(), at::kDouble);
      moved.push_back(input.detach().clone());
    }
    Tensor numeric = at::empty_like(moved[i]);
    double* data = moved[i].data_ptr<double>();
    for (int64_t j = 0; j < moved[i].numel(); ++j) {
      const double before = data[j];
      data[j] = before + kStep;
      const double above = value(moved);
      data[j] = before - kStep;
      numeric.data_ptr<double>()[j] = (above - value(moved)) / (2 * kStep);
      data[j] = before;
    }
    expect_close(all[first + i], numeric, 1e-7, "input " + std::to_string(i));
  }
}

/// The same bits for 1, 2 and 3 threads.
inline void expect_same_bits_for_threads(const std::function<Tensors()>& fn) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Tensors one = fn();
  for (const int threads : {2, 3}) {
    at::set_num_threads(threads);
    const Tensors many = fn();
    ASSERT_EQ(one.size(), many.size());
    for (size_t i = 0; i < one.size(); ++i) {
      EXPECT_TRUE(same_bits(one[i], many[i])) << "tensor " << i << ", " << threads << " threads";
    }
  }
  at::set_num_threads(before);
}

/// The message of the E that fn throws.
template <typename E>
std::string thrown(const std::function<void()>& fn) {
  try {
    fn();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

/// Keys of `tokens` tokens of one sample.
inline Tensor token_keys(int64_t tokens, int64_t ordinal = 5, int64_t first = 0) {
  return at::arange(first, first + tokens, at::kLong) + (ordinal << 22);
}

/// The scaled mask that the contract of dropout prescribes, from base/rng.h.
inline Tensor dropout_mask(const Tensor& token_key, int64_t cols, double p, int64_t key,
                           at::ScalarType dtype) {
  Tensor mask = at::empty({token_key.size(0), cols}, at::kDouble);
  for (int64_t t = 0; t < token_key.size(0); ++t) {
    const auto token = static_cast<uint64_t>(token_key[t].item<int64_t>());
    const uint64_t ordinal = token >> 22;
    for (int64_t e = 0; e < cols; ++e) {
      const Counter words =
          philox({static_cast<uint32_t>(e / 4), static_cast<uint32_t>(token & 0x3FFFFF),
                  static_cast<uint32_t>(ordinal), static_cast<uint32_t>(ordinal >> 32)},
                 static_cast<uint64_t>(key));
      mask.data_ptr<double>()[t * cols + e] = unit_float(words[e % 4]) >= p ? 1 / (1 - p) : 0;
    }
  }
  return mask.to(dtype);
}

}  // namespace tpretrain::ops
