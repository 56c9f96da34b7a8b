#include <algorithm>

#include <fmt/core.h>

#include "interop/safetensors_header.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

SafetensorsWriter::SafetensorsWriter(OutputFile& out, std::vector<SafetensorsSpec> tensors,
                                     const std::map<std::string, std::string>& metadata)
    : out_(out), order_(std::move(tensors)) {
  if (order_.size() > SafetensorsFile::kMaxTensors) {
    throw DataError(
        fmt::format("a safetensors file must have at most {} tensors, but has {} "
                    "instead",
                    SafetensorsFile::kMaxTensors, order_.size()));
  }
  std::sort(order_.begin(), order_.end(), [](const auto& a, const auto& b) {
    return a.type != b.type ? a.type > b.type : a.name < b.name;
  });
  std::map<std::string_view, int> names;
  for (const auto& spec : order_) {
    check_safetensors_spec(spec);
    if (++names[spec.name] > 1) {
      throw DataError(fmt::format("the tensor '{}' is given twice", escape_control(spec.name)));
    }
  }
  std::map<std::string, std::string> all = {{"format", "pt"}};
  for (const auto& [key, value] : metadata) {
    all[key] = value;
  }
  const std::string header = format_safetensors_header(order_, all);
  put(header.data(), header.size());
  left_ = order_.empty() ? 0 : order_.front().bytes();
  skip_complete();
}

void SafetensorsWriter::put(const void* data, size_t size) {
  hash_.update(data, size);
  out_.write(data, size);
  written_ += size;
}

void SafetensorsWriter::skip_complete() {
  while (left_ == 0 && current_ < order_.size()) {
    ++current_;
    left_ = current_ < order_.size() ? order_[current_].bytes() : 0;
  }
}

void SafetensorsWriter::write(std::span<const std::byte> bytes) {
  if (bytes.empty()) {
    return;
  }
  if (bytes.size() > left_) {
    throw InternalError(fmt::format(
        "{} bytes were given for tensor '{}', which lacks {}", bytes.size(),
        current_ < order_.size() ? escape_control(order_[current_].name) : "(none)", left_));
  }
  put(bytes.data(), bytes.size());
  left_ -= bytes.size();
  skip_complete();
}

void SafetensorsWriter::finish() {
  if (current_ < order_.size()) {
    throw InternalError(
        fmt::format("tensor '{}' lacks {} bytes", escape_control(order_[current_].name), left_));
  }
}

void save_safetensors(FileSystem& file_system, const fs::path& path,
                      const std::vector<SafetensorsTensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  std::map<std::string_view, const SafetensorsTensor*> by_name;
  for (const auto& tensor : tensors) {
    if (tensor.data.size() != tensor.bytes()) {
      throw InternalError(fmt::format("tensor '{}' must have {} bytes, but has {} instead",
                                      escape_control(tensor.name), tensor.bytes(),
                                      tensor.data.size()));
    }
    by_name[tensor.name] = &tensor;
  }
  AtomicFile file(file_system, path);
  SafetensorsWriter writer(file.file(), {tensors.begin(), tensors.end()}, metadata);
  for (const auto& spec : writer.order()) {
    writer.write(by_name.at(spec.name)->data);
  }
  writer.finish();
  file.commit();
  file_system.sync_directory(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

}  // namespace tpretrain
