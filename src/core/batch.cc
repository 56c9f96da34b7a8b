#include "tpretrain/core/batch.h"

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

void Batch::set(const std::string& name, at::Tensor value) {
  tensors_[name] = std::move(value);
}

const at::Tensor& Batch::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    std::vector<std::string> names;
    for (const auto& [known, tensor] : tensors_) {
      names.push_back(known);
    }
    throw DataError("the batch has no '" + name + "'; it holds " + join(names, ", "));
  }
  return found->second;
}

at::Tensor Batch::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? at::Tensor() : found->second;
}

int64_t Batch::number(const std::string& name) const {
  const auto found = numbers_.find(name);
  if (found == numbers_.end()) {
    throw DataError("the batch has no number '" + name + "'");
  }
  return found->second;
}

int64_t Batch::samples() const {
  return at("ordinal").size(0);
}

Batch Batch::to(const at::Device& device) const {
  Batch moved;
  moved.numbers_ = numbers_;
  for (const auto& [name, tensor] : tensors_) {
    moved.tensors_[name] = tensor.to(tensor.options().device(device));
  }
  return moved;
}

}  // namespace tpretrain
