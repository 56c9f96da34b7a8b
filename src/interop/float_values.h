/// Numbers of any floating dtype as float32.
#pragma once

#include <vector>

#include "tpretrain/interop/safetensors.h"

namespace tpretrain {

/// F32, F16, BF16 or F64.
bool has_float_values(TensorType type);

/// Appends the values of `tensor`, whose dtype `has_float_values`.
void append_float_values(const SafetensorsTensor& tensor, std::vector<float>& out);

}  // namespace tpretrain
