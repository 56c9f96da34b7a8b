/// safetensors, read and written without LibTorch: spans of bytes with a dtype and a shape.
/// Format: u64 little-endian header length N, N bytes of JSON, then the tensors without holes
/// (https://github.com/huggingface/safetensors). Foreign files are validated before any memory is
/// taken for their content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tpretrain/base/fs.h"
#include "tpretrain/base/hash.h"

namespace tpretrain {

/// In the order of the reference implementation: alignment never decreases. Files are written in
/// descending order, so that every tensor is aligned to its element.
enum class TensorType : uint8_t {
  kBool,
  kF4,
  kF6E2M3,
  kF6E3M2,
  kU8,
  kI8,
  kF8E5M2,
  kF8E4M3,
  kF8E5M2Fnuz,
  kF8E4M3Fnuz,
  kF8E8M0,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kC64,
  kF64,
  kI64,
  kU64,
};

std::string_view tensor_type_name(TensorType type);  ///< "F32", as in the file
std::optional<TensorType> tensor_type(std::string_view name);
int tensor_type_bits(TensorType type);  ///< bits of one element (4 and 6 exist)

struct SafetensorsSpec {
  std::string name;
  TensorType type = TensorType::kF32;
  std::vector<int64_t> shape;

  /// Bytes of the data; DataError when the size overflows or is not whole bytes.
  uint64_t bytes() const;
};

struct SafetensorsTensor : SafetensorsSpec {
  /// Not aligned in general: the header of a foreign file may have any length.
  std::span<const std::byte> data;
};

/// A validated file. Limits beyond the format's: 100,000 tensors, 8 dimensions, names of 512 bytes.
/// Every violation is a DataError that names the file.
class SafetensorsFile {
 public:
  static constexpr uint64_t kMaxHeader = 100'000'000;
  static constexpr size_t kMaxTensors = 100'000;
  static constexpr size_t kMaxRank = 8;
  static constexpr size_t kMaxName = 512;

  /// Maps the file; tensors point into the mapping.
  explicit SafetensorsFile(const fs::path& path);
  /// `bytes` must outlive the object; `label` names them in errors.
  SafetensorsFile(std::span<const std::byte> bytes, const std::string& label);

  /// In the order of their data.
  const std::vector<SafetensorsTensor>& tensors() const { return tensors_; }

  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  const SafetensorsTensor* find(std::string_view name) const;  ///< null when absent
  /// DataError with the nearest name when absent.
  const SafetensorsTensor& at(std::string_view name) const;

 private:
  void parse(std::span<const std::byte> bytes);

  std::optional<MappedFile> map_;
  std::string label_;
  std::vector<SafetensorsTensor> tensors_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, size_t, std::less<>> index_;
};

/// Streams one file: the header at construction, then the tensors in `order()`, each whole or in
/// pieces, then `finish`. The file stays open; syncing and closing it is the caller's part.
class SafetensorsWriter {
 public:
  /// `metadata` is added to {"format": "pt"}, which other readers check.
  SafetensorsWriter(OutputFile& out, std::vector<SafetensorsSpec> tensors,
                    const std::map<std::string, std::string>& metadata = {});

  /// The order in which the tensors must be written: dtype descending, then name.
  const std::vector<SafetensorsSpec>& order() const { return order_; }

  /// The next bytes of the current tensor; a tensor may be given in pieces.
  void write(std::span<const std::byte> bytes);
  /// Checks that every tensor is complete.
  void finish();

  uint64_t bytes_written() const { return written_; }

  std::string xxh3() const { return hash_.hex(); }  ///< of everything written so far

 private:
  void put(const void* data, size_t size);
  void skip_complete();

  OutputFile& out_;
  std::vector<SafetensorsSpec> order_;
  size_t current_ = 0;
  uint64_t left_ = 0;  ///< bytes that the current tensor still lacks
  uint64_t written_ = 0;
  Xxh3 hash_;
};

/// Writes a whole file: beside the target first, synced, then renamed over it, so that a mapped or
/// half-written file is never seen under `path`.
void save_safetensors(FileSystem& file_system, const fs::path& path,
                      const std::vector<SafetensorsTensor>& tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace tpretrain
