/// safetensors to tensors and back.
#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "tpretrain/interop/safetensors.h"

namespace tpretrain {

/// A copy on the CPU. Errors: DataError naming `label` for an element type that has no use here.
at::Tensor read_tensor(const SafetensorsTensor& from, const std::string& label);

/// Writes float, double, int32, int64, uint8 and bool tensors, whatever their layout or device.
void write_tensors(const fs::path& path, const std::map<std::string, at::Tensor>& tensors,
                   const std::map<std::string, std::string>& metadata = {});

}  // namespace tpretrain
