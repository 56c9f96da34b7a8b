/// Memory-mapped token files (Megatron-LM IndexedDataset, `.bin` and `.idx`), checked at open.
/// Torch-free; safe to read from many threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tpretrain/base/fs.h"

namespace tpretrain {

/// Megatron's codes of the element types that hold token ids.
enum class TokenType : uint8_t { kUint8 = 1, kInt32 = 4, kUint16 = 8 };

/// Token ids where they lie in the file; not aligned.
class TokenSpan {
 public:
  TokenSpan(const std::byte* data, int64_t size, TokenType type)
      : data_(data), size_(size), type_(type) {}

  int64_t size() const noexcept { return size_; }

  TokenType type() const noexcept { return type_; }

  const std::byte* data() const noexcept { return data_; }

  int32_t operator[](int64_t index) const noexcept {
    if (type_ == TokenType::kUint16) {
      uint16_t value;
      std::memcpy(&value, data_ + index * 2, 2);
      return value;
    }
    if (type_ == TokenType::kUint8) {
      return static_cast<int32_t>(data_[index]);
    }
    int32_t value;
    std::memcpy(&value, data_ + index * 4, 4);
    return value;
  }

  /// Copies [first, first + count) as int32.
  void copy(int64_t first, int64_t count, int32_t* out) const noexcept;

 private:
  const std::byte* data_;
  int64_t size_;
  TokenType type_;
};

/// What `<prefix>.manifest.json` says about the pair, as far as a reader needs it.
struct TokenManifest {
  int64_t vocabulary = 0;
  std::string tokenizer_hash;
  int64_t documents = 0;
  int64_t sequences = 0;
  int64_t tokens = 0;
  int64_t bin_bytes = 0;
  std::string bin_hash;
  std::string idx_hash;
  std::string job;  ///< identity of source files, options and tokenizer
};

class TokenFile {
 public:
  /// `path`: the prefix, or either of the two files. Checks every size, the element type, lengths,
  /// pointers and documents, and the manifest when there is one.
  /// Errors: NotFoundError, IoError, DataError naming the file with expected and actual bytes.
  explicit TokenFile(const std::filesystem::path& path);

  int64_t sequences() const noexcept { return sequences_; }

  int64_t documents() const noexcept { return documents_; }

  int64_t tokens() const noexcept { return tokens_; }

  TokenType type() const noexcept { return type_; }

  /// Tokens of a sequence.
  int64_t length(int64_t sequence) const noexcept;

  TokenSpan sequence(int64_t sequence) const noexcept;

  /// First sequence of a document; `document_begin(documents())` is the end of the last.
  int64_t document_begin(int64_t document) const noexcept;

  int64_t document_end(int64_t document) const noexcept { return document_begin(document + 1); }

  /// Appends tokens [first, first + count) of a sequence to `out`, each checked to lie in
  /// [0, vocabulary). Errors: DataError naming file, sequence and id.
  void read(int64_t sequence, int64_t first, int64_t count, std::vector<int32_t>& out) const;
  void read(int64_t sequence, std::vector<int32_t>& out) const;

  const std::optional<TokenManifest>& manifest() const noexcept { return manifest_; }

  /// Sets the vocabulary that `read` checks ids against. Errors: ConfigError when the manifest
  /// names another size or (when `hash` is not empty) another tokenizer.
  void expect_tokenizer(int64_t vocabulary, const std::string& hash);

  /// Reads both files whole and compares them with the hashes of the manifest; without one nothing
  /// is checked. A text source does it before training where `.bin` has at most 1 GiB.
  /// Errors: DataError.
  void verify_hashes() const;

  /// Reads one of `stride` sequences, as `read` does. A text source does it before training where
  /// there is no manifest. Errors: DataError.
  void verify_ids(int64_t stride = 1) const;

  /// Both, whatever the size: what `tpretrain data check` does.
  void verify() const;

  size_t bin_bytes() const noexcept { return bin_.size(); }

  const std::filesystem::path& bin_path() const noexcept { return bin_.path(); }

 private:
  void read_header();
  void check_sequences();
  void check_documents() const;
  void read_manifest(const std::filesystem::path& path);
  [[noreturn]] void refuse_size(uint64_t sequences, uint64_t entries) const;

  MappedFile bin_;
  MappedFile idx_;
  TokenType type_ = TokenType::kInt32;
  int64_t item_bytes_ = 4;
  int64_t sequences_ = 0;
  int64_t documents_ = 0;
  int64_t tokens_ = 0;
  int64_t vocabulary_ = 0;  ///< 0: not known, only negative ids are refused
  const std::byte* lengths_ = nullptr;
  const std::byte* pointers_ = nullptr;
  const std::byte* document_indices_ = nullptr;
  std::optional<TokenManifest> manifest_;
};

}  // namespace tpretrain
