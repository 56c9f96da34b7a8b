#include "interop/float_values.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

float of_half(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const int fraction = bits & 0x3FF;
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 0x1F) {
    return fraction == 0 ? sign * INFINITY : NAN;
  }
  return exponent == 0 ? sign * std::ldexp(static_cast<float>(fraction), -24)
                       : sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

float of_bfloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

template <typename Stored, typename Read>
void append_as(std::span<const std::byte> data, std::vector<float>& out, Read read) {
  for (size_t at = 0; at + sizeof(Stored) <= data.size(); at += sizeof(Stored)) {
    Stored value;
    std::memcpy(&value, data.data() + at, sizeof(Stored));
    out.push_back(read(value));
  }
}

}  // namespace

bool has_float_values(TensorType type) {
  return type == TensorType::kF32 || type == TensorType::kF16 || type == TensorType::kBF16 ||
         type == TensorType::kF64;
}

void append_float_values(const SafetensorsTensor& tensor, std::vector<float>& out) {
  switch (tensor.type) {
    case TensorType::kF32:
      append_as<float>(tensor.data, out, [](float value) { return value; });
      return;
    case TensorType::kF16:
      append_as<uint16_t>(tensor.data, out, of_half);
      return;
    case TensorType::kBF16:
      append_as<uint16_t>(tensor.data, out, of_bfloat);
      return;
    default:
      TP_ASSERT(tensor.type == TensorType::kF64);
      append_as<double>(tensor.data, out, [](double value) { return static_cast<float>(value); });
  }
}

}  // namespace tpretrain
