#include <algorithm>

#include <fmt/core.h>

#include "interop/safetensors_header.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

SafetensorsFile::SafetensorsFile(const fs::path& path) : map_(path), label_(path.string()) {
  parse({map_->data(), map_->size()});
}

SafetensorsFile::SafetensorsFile(std::span<const std::byte> bytes, const std::string& label)
    : label_(label) {
  parse(bytes);
}

void SafetensorsFile::parse(std::span<const std::byte> bytes) {
  try {
    if (bytes.size() < 8) {
      throw DataError(
          fmt::format("the file must have at least 8 bytes, but has {} instead", bytes.size()));
    }
    uint64_t length = 0;
    for (size_t i = 0; i < 8; ++i) {
      length |= static_cast<uint64_t>(bytes[i]) << (8 * i);
    }
    const uint64_t limit = std::min<uint64_t>(kMaxHeader, bytes.size() - 8);
    if (length > limit) {
      throw DataError(
          fmt::format("the header must have at most {} bytes, but has {} instead", limit, length));
    }
    const auto data = bytes.subspan(8 + length);
    const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + 8, length);
    SafetensorsHeader header = parse_safetensors_header(json, data.size());
    metadata_ = std::move(header.metadata);
    tensors_.reserve(header.entries.size());
    for (auto& entry : header.entries) {
      index_.emplace(entry.spec.name, tensors_.size());
      auto& tensor = tensors_.emplace_back();
      static_cast<SafetensorsSpec&>(tensor) = std::move(entry.spec);
      tensor.data = data.subspan(entry.begin, entry.end - entry.begin);
    }
  } catch (Error& error) {
    error.add_context(fmt::format("while reading the safetensors file '{}'", label_));
    throw;
  }
}

const SafetensorsTensor* SafetensorsFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

const SafetensorsTensor& SafetensorsFile::at(std::string_view name) const {
  if (const auto* tensor = find(name)) {
    return *tensor;
  }
  std::vector<std::string> known;
  for (const auto& [key, position] : index_) {
    known.push_back(key);
  }
  throw DataError(fmt::format("'{}' has no tensor '{}'{}", label_, escape_control(name),
                              suggestion(name, known)));
}

}  // namespace tpretrain
