/// Checks of op arguments. All throw ShapeError (DataError for index values) with the grammar
/// "`weight` must be [N, K] with K = 768, but is [2048, 512] instead."
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

namespace tpretrain::ops {

/// One dimension of an expected shape; a negative size allows any.
struct Dim {
  const char* name;
  int64_t size = -1;
};

void check_shape(const std::string& name, const at::Tensor& tensor,
                 std::initializer_list<Dim> dims);

/// float32 or float64.
void check_float(const std::string& name, const at::Tensor& tensor);

/// The dtype of `like`.
void check_dtype(const std::string& name, const at::Tensor& tensor, at::ScalarType dtype);

/// A vector [size] of the dtype of `like`, or absent.
void check_optional_vector(const std::string& name, const std::optional<at::Tensor>& tensor,
                           const char* dim, int64_t size, const at::Tensor& like);

/// "`name` must be WHAT, but is GIVEN instead."
[[noreturn]] void fail_argument(const std::string& name, const std::string& what,
                                const std::string& given);

/// p in [0, 1), and a token_key [rows] int64 when p > 0; returns it contiguous (or undefined).
at::Tensor check_dropout(double p, const std::optional<at::Tensor>& token_key, int64_t rows);

/// int32 or int64 [size] with values in [0, limit), as contiguous int64.
at::Tensor check_indices(const std::string& name, const at::Tensor& index, int64_t size,
                         int64_t limit);

/// offsets [S + 1] int32, ascending from 0 to `tokens`; returns it contiguous.
at::Tensor check_offsets(const at::Tensor& offsets, int64_t tokens,
                         const std::string& name = "offsets");

/// The data of an optional tensor, null when it is absent.
template <typename T>
const T* data_or_null(const std::optional<at::Tensor>& tensor) {
  return tensor.has_value() && tensor->defined() ? tensor->const_data_ptr<T>() : nullptr;
}

inline std::optional<at::Tensor> contiguous(const std::optional<at::Tensor>& tensor) {
  return tensor.has_value() && tensor->defined() ? std::optional(tensor->contiguous())
                                                 : std::nullopt;
}

/// Calls body.operator()<float>() or <double>() by the dtype of an already checked tensor.
template <typename Body>
auto with_float(const at::Tensor& tensor, const Body& body) {
  return tensor.scalar_type() == at::kDouble ? body.template operator()<double>()
                                             : body.template operator()<float>();
}

}  // namespace tpretrain::ops
