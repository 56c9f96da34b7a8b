/// Comparisons with golden files of other libraries.
#pragma once

#include <algorithm>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros_like.h>

#include <gtest/gtest.h>

#include "tpretrain/core/model.h"
#include "tpretrain/interop/convert.h"
#include "train/exchange.h"

namespace tpretrain::testing {

inline at::Tensor tensor_of(const SafetensorsFile& file, const std::string& name) {
  const SafetensorsTensor& tensor = file.at(name);
  const auto type = tensor.type == TensorType::kF32   ? at::kFloat
                    : tensor.type == TensorType::kI64 ? at::kLong
                    : tensor.type == TensorType::kU8  ? at::kByte
                                                      : at::kInt;
  return at::from_blob(const_cast<std::byte*>(tensor.data.data()), tensor.shape, type).clone();
}

inline void expect_close(const at::Tensor& ours, const at::Tensor& theirs, double bound,
                         const std::string& what) {
  ASSERT_EQ(ours.sizes(), theirs.sizes()) << what;
  EXPECT_LE((ours - theirs).abs().max().item<double>(), bound) << what;
}

/// The gradients in the buffer against the tensors `grad.*` of a file in the names of `library`,
/// each within 1e-4 of its length, or of 1e-4 of the length of all.
inline void expect_gradients_of(const ParameterBuffer& buffer, const SafetensorsFile& file,
                                const std::string& library) {
  const at::Tensor reference = at::zeros_like(buffer.grad());
  const auto slots = weight_slots(buffer, reference);
  import_weights(file, "reference", library, slots, {.prefix = "grad."});
  const double all = reference.to(at::kDouble).norm().item<double>();
  ASSERT_GT(all, 0);
  for (const Segment& segment : buffer.segments()) {
    const auto part = [&segment](const at::Tensor& flat) {
      return flat.narrow(0, segment.offset, segment.length).to(at::kDouble);
    };
    const double error = (part(buffer.grad()) - part(reference)).norm().item<double>();
    const double size = part(reference).norm().item<double>();
    EXPECT_LE(error, 1e-4 * std::max(size, 1e-4 * all)) << segment.name;
  }
}

}  // namespace tpretrain::testing
