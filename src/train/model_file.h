/// Parameters and optimizer state as safetensors.
#pragma once

#include <string>
#include <vector>

#include "tpretrain/core/model.h"
#include "tpretrain/core/optimizer.h"
#include "tpretrain/interop/safetensors.h"

namespace tpretrain {

/// In every checkpoint: what `write_model` wrote.
inline constexpr const char* kModelFile = "model.safetensors";

/// Whole float32 tensors by name; tied ones once, under their owner.
void write_model(OutputFile& out, const ParameterBuffer& buffer);
/// Slices of the flat moments; metadata: buffer, begin, end.
void write_optimizer(OutputFile& out, const Optimizer& optimizer);

/// Copies every parameter from the file. Errors: ConfigError that names missing, unexpected and
/// resized tensors.
void read_model(const SafetensorsFile& file, ParameterBuffer& buffer, const std::string& label);
void read_optimizer(const SafetensorsFile& file, Optimizer& optimizer, const std::string& label);

/// Identity of what a checkpoint's buffers mean: names, shapes and order of the parameters.
std::string plan_hash(const ParameterBuffer& buffer);

/// Bytes that a checkpoint of this model takes.
uint64_t checkpoint_bytes(const ParameterBuffer& buffer, const Optimizer& optimizer);

}  // namespace tpretrain
