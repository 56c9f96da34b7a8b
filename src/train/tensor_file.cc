#include "train/tensor_file.h"

#include <array>
#include <cstring>
#include <utility>

#include <ATen/ops/empty.h>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

constexpr std::array kTypes = {
    std::pair(TensorType::kF32, at::kFloat), std::pair(TensorType::kF64, at::kDouble),
    std::pair(TensorType::kI32, at::kInt),   std::pair(TensorType::kI64, at::kLong),
    std::pair(TensorType::kU8, at::kByte),   std::pair(TensorType::kBool, at::kBool)};

TensorType type_of(const at::Tensor& tensor, const std::string& name) {
  for (const auto& [type, dtype] : kTypes) {
    if (dtype == tensor.scalar_type()) {
      return type;
    }
  }
  throw InternalError("`" + name + "` has a dtype that is not written to files");
}

}  // namespace

at::Tensor read_tensor(const SafetensorsTensor& from, const std::string& label) {
  for (const auto& [type, dtype] : kTypes) {
    if (type == from.type) {
      at::Tensor tensor = at::empty(from.shape, at::TensorOptions(dtype));
      std::memcpy(tensor.data_ptr(), from.data.data(), from.data.size());
      return tensor;
    }
  }
  throw DataError(label + ": `" + from.name + "` must be F32, F64, I32, I64, U8 or BOOL, but is " +
                  std::string(tensor_type_name(from.type)) + " instead.");
}

void write_tensors(const fs::path& path, const std::map<std::string, at::Tensor>& tensors,
                   const std::map<std::string, std::string>& metadata) {
  std::map<std::string, at::Tensor> kept;  // owns the bytes while they are written
  std::vector<SafetensorsTensor> views;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor& plain = kept[name] = tensor.detach().to(at::kCPU).contiguous();
    SafetensorsTensor view;
    view.name = name;
    view.type = type_of(plain, name);
    view.shape = plain.sizes().vec();
    view.data = {static_cast<const std::byte*>(plain.data_ptr()),
                 static_cast<size_t>(plain.nbytes())};
    views.push_back(std::move(view));
  }
  save_safetensors(FileSystem::posix(), path, views, metadata);
}

}  // namespace tpretrain
