#include "train/model_file.h"

#include <cstring>

#include <ATen/core/Tensor.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/base/shape_text.h"
#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
  TP_ASSERT(tensor.is_contiguous() && tensor.device().is_cpu());
  return {static_cast<const std::byte*>(tensor.data_ptr()), static_cast<size_t>(tensor.nbytes())};
}

void copy_into(const SafetensorsTensor& from, const at::Tensor& to) {
  std::memcpy(to.data_ptr(), from.data.data(), from.data.size());
}

}  // namespace

void write_model(OutputFile& out, const ParameterBuffer& buffer) {
  std::vector<SafetensorsSpec> specs;
  for (const Segment& segment : buffer.segments()) {
    specs.push_back({segment.name, TensorType::kF32, segment.shape});
  }
  SafetensorsWriter writer(out, specs);
  for (const SafetensorsSpec& spec : writer.order()) {
    writer.write(bytes_of(buffer.parameter(spec.name)));
  }
  writer.finish();
}

void write_optimizer(OutputFile& out, const Optimizer& optimizer) {
  std::vector<SafetensorsSpec> specs;
  std::map<std::string, at::Tensor> tensors;
  int64_t size = 0;
  for (const auto& [name, tensor] : optimizer.state()) {
    specs.push_back({name, TensorType::kF32, {tensor.numel()}});
    tensors[name] = tensor;
    size = tensor.numel();
  }
  SafetensorsWriter writer(out, specs,
                           {{"buffer", "float32"}, {"begin", "0"}, {"end", std::to_string(size)}});
  for (const SafetensorsSpec& spec : writer.order()) {
    writer.write(bytes_of(tensors.at(spec.name)));
  }
  writer.finish();
}

void read_model(const SafetensorsFile& file, ParameterBuffer& buffer, const std::string& label) {
  std::vector<std::string> faults;
  for (const Segment& segment : buffer.segments()) {
    const SafetensorsTensor* tensor = file.find(segment.name);
    if (tensor == nullptr) {
      faults.push_back("missing '" + segment.name + "'");
    } else if (tensor->shape != segment.shape || tensor->type != TensorType::kF32) {
      faults.push_back("'" + segment.name + "' must be F32 " + shape_text(segment.shape) +
                       ", but is " + std::string(tensor_type_name(tensor->type)) + " " +
                       shape_text(tensor->shape));
    }
  }
  for (const SafetensorsTensor& tensor : file.tensors()) {
    if (buffer.find(tensor.name) == nullptr && buffer.ties().count(tensor.name) == 0) {
      faults.push_back("unexpected '" + tensor.name + "'");
    }
  }
  if (!faults.empty()) {
    constexpr size_t kShown = 8;
    const size_t hidden = faults.size() > kShown ? faults.size() - kShown : 0;
    faults.resize(faults.size() - hidden);
    throw ConfigError(label + " does not fit the model: " + join(faults, "; ") +
                      (hidden > 0 ? "; and " + std::to_string(hidden) + " more" : ""));
  }
  for (const Segment& segment : buffer.segments()) {
    copy_into(file.at(segment.name), buffer.parameter(segment.name));
  }
}

void read_optimizer(const SafetensorsFile& file, Optimizer& optimizer, const std::string& label) {
  for (const auto& [name, tensor] : optimizer.state()) {
    const SafetensorsTensor* saved = file.find(name);
    if (saved == nullptr || saved->type != TensorType::kF32 ||
        saved->shape != std::vector<int64_t>{tensor.numel()}) {
      throw ConfigError(label + " does not fit the optimizer: '" + name + "' must be F32 [" +
                        std::to_string(tensor.numel()) + "]");
    }
    copy_into(*saved, tensor);
  }
}

std::string plan_hash(const ParameterBuffer& buffer) {
  std::string text;
  for (const Segment& segment : buffer.segments()) {
    text += segment.name + shape_text(segment.shape) + std::to_string(segment.offset) +
            (segment.frozen ? "f\n" : "\n");
  }
  for (const auto& [name, owner] : buffer.ties()) {
    text += name + "=" + owner + "\n";
  }
  return xxh3_hex(text.data(), text.size());
}

uint64_t checkpoint_bytes(const ParameterBuffer& buffer, const Optimizer& optimizer) {
  uint64_t bytes = buffer.flat().nbytes() + (uint64_t{1} << 20);
  for (const auto& [name, tensor] : optimizer.state()) {
    bytes += tensor.nbytes();
  }
  return bytes;
}

}  // namespace tpretrain
