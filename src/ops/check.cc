#include "ops/check.h"

#include <c10/util/StringUtil.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/shape_text.h"

namespace tpretrain::ops {
namespace {

std::string expected_text(std::initializer_list<Dim> dims) {
  std::string names;
  std::string sizes;
  for (const Dim& dim : dims) {
    names += c10::str(names.empty() ? "" : ", ", dim.name);
    if (dim.size >= 0) {
      sizes += c10::str(sizes.empty() ? " with " : ", ", dim.name, " = ", dim.size);
    }
  }
  return c10::str("[", names, "]", sizes);
}

bool fits(const at::Tensor& tensor, std::initializer_list<Dim> dims) {
  if (tensor.dim() != static_cast<int64_t>(dims.size())) {
    return false;
  }
  int64_t i = 0;
  for (const Dim& dim : dims) {
    if (dim.size >= 0 && tensor.size(i) != dim.size) {
      return false;
    }
    ++i;
  }
  return true;
}

}  // namespace

void fail_argument(const std::string& name, const std::string& what, const std::string& given) {
  throw ShapeError(c10::str("`", name, "` must be ", what, ", but is ", given, " instead."));
}

void check_shape(const std::string& name, const at::Tensor& tensor,
                 std::initializer_list<Dim> dims) {
  if (!tensor.defined()) {
    fail_argument(name, expected_text(dims), "undefined");
  }
  if (!fits(tensor, dims)) {
    fail_argument(name, expected_text(dims), shape_text(tensor.sizes()));
  }
}

void check_float(const std::string& name, const at::Tensor& tensor) {
  if (tensor.scalar_type() != at::kFloat && tensor.scalar_type() != at::kDouble) {
    fail_argument(name, "float32 or float64", c10::toString(tensor.scalar_type()));
  }
}

void check_dtype(const std::string& name, const at::Tensor& tensor, at::ScalarType dtype) {
  if (tensor.scalar_type() != dtype) {
    fail_argument(name, c10::toString(dtype), c10::toString(tensor.scalar_type()));
  }
}

void check_optional_vector(const std::string& name, const std::optional<at::Tensor>& tensor,
                           const char* dim, int64_t size, const at::Tensor& like) {
  if (tensor.has_value() && tensor->defined()) {
    check_shape(name, *tensor, {{dim, size}});
    check_dtype(name, *tensor, like.scalar_type());
  }
}

at::Tensor check_dropout(double p, const std::optional<at::Tensor>& token_key, int64_t rows) {
  if (!(p >= 0 && p < 1)) {
    fail_argument("p", "in [0, 1)", c10::str(p));
  }
  if (p == 0) {
    return {};
  }
  check_shape("token_key", token_key.value_or(at::Tensor()), {{"T", rows}});
  check_dtype("token_key", *token_key, at::kLong);
  return token_key->contiguous();
}

at::Tensor check_indices(const std::string& name, const at::Tensor& index, int64_t size,
                         int64_t limit) {
  check_shape(name, index, {{"T", size}});
  if (index.scalar_type() != at::kInt && index.scalar_type() != at::kLong) {
    fail_argument(name, "int32 or int64", c10::toString(index.scalar_type()));
  }
  const at::Tensor wide = index.to(at::kLong).contiguous();
  const int64_t* values = wide.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < size; ++i) {
    if (values[i] < 0 || values[i] >= limit) {
      throw DataError(c10::str("`", name, "` must be in [0, ", limit, "), but element ", i, " is ",
                               values[i], " instead."));
    }
  }
  return wide;
}

at::Tensor check_offsets(const at::Tensor& offsets, int64_t tokens, const std::string& name) {
  check_shape(name, offsets, {{"S + 1"}});
  check_dtype(name, offsets, at::kInt);
  const at::Tensor flat = offsets.contiguous();
  const int32_t* values = flat.const_data_ptr<int32_t>();
  const int64_t count = flat.numel();
  bool ascending = count >= 1 && values[0] == 0;
  for (int64_t i = 1; ascending && i < count; ++i) {
    ascending = values[i] >= values[i - 1];
  }
  if (!ascending) {
    fail_argument(name, "ascending from 0", "not");
  }
  if (values[count - 1] != tokens) {
    fail_argument(name, c10::str("ascending from 0 to T = ", tokens),
                  c10::str("at ", values[count - 1], " in the end"));
  }
  return flat;
}

}  // namespace tpretrain::ops
