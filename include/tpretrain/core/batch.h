/// A batch is a map from dotted names to tensors: `text.ids`, `text.offsets`, `mlm.rows`. The part
/// before the first dot is the view. Processors declare what they write, components what they read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace tpretrain {

class Batch {
 public:
  void set(const std::string& name, at::Tensor value);

  bool has(const std::string& name) const { return tensors_.count(name) != 0; }

  /// Errors: DataError that names what the batch holds.
  const at::Tensor& at(const std::string& name) const;
  /// An undefined tensor when the name is absent.
  at::Tensor find(const std::string& name) const;

  const std::map<std::string, at::Tensor>& tensors() const noexcept { return tensors_; }

  /// Sizes known on the host, so that no step has to ask the device: `text.max_length`.
  void set_number(const std::string& name, int64_t value) { numbers_[name] = value; }

  const std::map<std::string, int64_t>& numbers() const noexcept { return numbers_; }

  int64_t number(const std::string& name) const;

  /// Samples in the batch: the length of `ordinal`.
  int64_t samples() const;
  /// The same batch with every tensor on `device`.
  Batch to(const at::Device& device) const;

 private:
  std::map<std::string, at::Tensor> tensors_;
  std::map<std::string, int64_t> numbers_;
};

/// A named part of a batch: what an embedding reads.
class View {
 public:
  View(const Batch& batch, std::string name) : batch_(&batch), name_(std::move(name)) {}

  const Batch& batch() const noexcept { return *batch_; }

  const std::string& name() const noexcept { return name_; }

  const at::Tensor& at(const std::string& field) const { return batch_->at(name_ + "." + field); }

  at::Tensor find(const std::string& field) const { return batch_->find(name_ + "." + field); }

  int64_t number(const std::string& field) const { return batch_->number(name_ + "." + field); }

 private:
  const Batch* batch_;
  std::string name_;
};

}  // namespace tpretrain
