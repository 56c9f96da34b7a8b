/// Layout of Megatron-LM's `.idx` (megatron/core/datasets/indexed_dataset.py), little-endian, not
/// aligned, and the manifest beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "tpretrain/data/token_file.h"

namespace tpretrain::text {

inline constexpr std::string_view kIndexMagic{"MMIDIDX\0\0", 9};
inline constexpr uint64_t kIndexVersion = 1;
inline constexpr size_t kVersionAt = 9;
inline constexpr size_t kTypeAt = 17;
inline constexpr size_t kSequencesAt = 18;
inline constexpr size_t kDocumentsAt = 26;
inline constexpr size_t kIndexHeader = 34;  ///< then int32 lengths, int64 pointers, int64 documents
inline constexpr size_t kFairseqHeader = 26;  ///< the same without the count of documents

/// Vocabularies below this size are stored as uint16, as Megatron does.
inline constexpr int64_t kUint16Limit = 65500;

/// Bytes of an index without the optional modes (one byte a sequence).
constexpr uint64_t index_bytes(uint64_t sequences, uint64_t document_entries) {
  return kIndexHeader + 12 * sequences + 8 * document_entries;
}

/// Errors: DataError when it is not JSON or lacks a field.
TokenManifest read_token_manifest(const std::filesystem::path& path);

}  // namespace tpretrain::text
