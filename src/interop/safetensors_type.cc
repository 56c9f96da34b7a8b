#include <array>

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/interop/safetensors.h"

namespace tpretrain {
namespace {

struct TypeRow {
  std::string_view name;
  int bits;
};

// Indexed by TensorType.
constexpr std::array<TypeRow, 22> kTypes = {{
    {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},
    {"I8", 8},      {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E5M2FNUZ", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E8M0", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},        {"BF16", 16},
    {"I32", 32},    {"U32", 32},    {"F32", 32},    {"C64", 64},        {"F64", 64},
    {"I64", 64},    {"U64", 64},
}};

}  // namespace

std::string_view tensor_type_name(TensorType type) {
  return kTypes[static_cast<size_t>(type)].name;
}

std::optional<TensorType> tensor_type(std::string_view name) {
  for (size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].name == name) {
      return static_cast<TensorType>(i);
    }
  }
  return std::nullopt;
}

int tensor_type_bits(TensorType type) {
  return kTypes[static_cast<size_t>(type)].bits;
}

uint64_t SafetensorsSpec::bytes() const {
  uint64_t bits = static_cast<uint64_t>(tensor_type_bits(type));
  bool empty = false;
  for (const int64_t size : shape) {
    if (size < 0) {
      throw DataError(
          fmt::format("tensor '{}' has a negative size {}", escape_control(name), size));
    }
    empty = empty || size == 0;
  }
  for (const int64_t size : shape) {
    if (!empty && __builtin_mul_overflow(bits, static_cast<uint64_t>(size), &bits)) {
      throw DataError(fmt::format("the size of tensor '{}' overflows", escape_control(name)));
    }
  }
  if (empty) {
    return 0;
  }
  if (bits % 8 != 0) {
    throw DataError(
        fmt::format("tensor '{}' does not fill whole bytes ({} bits)", escape_control(name), bits));
  }
  return bits / 8;
}

}  // namespace tpretrain
