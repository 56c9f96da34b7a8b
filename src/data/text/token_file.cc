#include "tpretrain/data/token_file.h"

#include <algorithm>

#include <fmt/core.h>

#include "data/text/token_format.h"
#include "data/token_file_patterns.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"

namespace tpretrain {

namespace {

constexpr const char* kHint = "make the pair again with `tpretrain preprocess`";

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

MappedFile map_existing(const std::filesystem::path& path) {
  if (!FileSystem::posix().exists(path)) {
    throw NotFoundError(fmt::format("token file {} does not exist", path.string()),
                        "a token file is a pair <prefix>.bin and <prefix>.idx");
  }
  return MappedFile(path);
}

int64_t item_size(TokenType type) {
  return type == TokenType::kUint8 ? 1 : type == TokenType::kUint16 ? 2 : 4;
}

}  // namespace

void TokenSpan::copy(int64_t first, int64_t count, int32_t* out) const noexcept {
  if (type_ == TokenType::kInt32) {
    std::memcpy(out, data_ + first * 4, static_cast<size_t>(count) * 4);
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    out[i] = (*this)[first + i];
  }
}

TokenFile::TokenFile(const std::filesystem::path& path)
    : bin_(map_existing(with_suffix(token_file_prefix(path), ".bin"))),
      idx_(map_existing(with_suffix(token_file_prefix(path), ".idx"))) {
  read_header();
  check_sequences();
  check_documents();
  const std::filesystem::path manifest = with_suffix(token_file_prefix(path), ".manifest.json");
  if (FileSystem::posix().exists(manifest)) {
    read_manifest(manifest);
  }
}

void TokenFile::read_header() {
  const std::string name = idx_.path().string();
  const auto* bytes = idx_.data();
  const std::string_view head(reinterpret_cast<const char*>(bytes),
                              std::min<size_t>(idx_.size(), text::kIndexMagic.size()));
  if (head.starts_with("TNTIDX")) {
    throw DataError(fmt::format("{}: this is a legacy fairseq index, not Megatron-LM's", name));
  }
  if (head != text::kIndexMagic) {
    throw DataError(fmt::format("{}: this is no token file index", name), kHint);
  }
  if (idx_.size() < text::kFairseqHeader) {
    throw DataError(fmt::format("{}: a header takes at least {} bytes, but the file has {}", name,
                                text::kFairseqHeader, idx_.size()),
                    kHint);
  }
  const auto version = load<uint64_t>(bytes + text::kVersionAt);
  if (version != text::kIndexVersion) {
    throw DataError(fmt::format("{}: the version must be 1, but is {} instead.", name, version));
  }
  const auto sequences = load<uint64_t>(bytes + text::kSequencesAt);
  const bool whole = idx_.size() >= text::kIndexHeader;
  const uint64_t entries = whole ? load<uint64_t>(bytes + text::kDocumentsAt) : 0;
  const uint64_t room = idx_.size() / 8;
  if (!whole || sequences > room || entries > room ||
      (idx_.size() != text::index_bytes(sequences, entries) &&
       idx_.size() != text::index_bytes(sequences, entries) + sequences)) {
    refuse_size(sequences, entries);
  }
  const auto code = load<uint8_t>(bytes + text::kTypeAt);
  if (code != 1 && code != 4 && code != 8) {
    throw DataError(
        fmt::format("{}: the element type must be uint8 (1), int32 (4) or uint16 (8), "
                    "but has the code {} instead.",
                    name, code));
  }
  type_ = static_cast<TokenType>(code);
  item_bytes_ = item_size(type_);
  sequences_ = static_cast<int64_t>(sequences);
  documents_ = static_cast<int64_t>(entries) - 1;
  lengths_ = bytes + text::kIndexHeader;
  pointers_ = lengths_ + 4 * sequences;
  document_indices_ = pointers_ + 8 * sequences;
}

void TokenFile::refuse_size(uint64_t sequences, uint64_t entries) const {
  const std::string name = idx_.path().string();
  constexpr uint64_t kSane = uint64_t{1} << 56;
  if (sequences < kSane && idx_.size() == text::kFairseqHeader + 12 * sequences) {
    throw DataError(fmt::format("{}: this is a fairseq index of {} sequences; it has no documents",
                                name, sequences),
                    "convert it to Megatron-LM's form, or preprocess the text again");
  }
  if (sequences >= kSane || entries >= kSane) {
    throw DataError(fmt::format("{}: the header is corrupt ({} sequences, {} document entries in "
                                "a file of {} bytes)",
                                name, sequences, entries, idx_.size()),
                    kHint);
  }
  throw DataError(
      fmt::format("{}: {} sequences and {} document entries take {} bytes, but the "
                  "file has {}",
                  name, sequences, entries, text::index_bytes(sequences, entries), idx_.size()),
      kHint);
}

void TokenFile::check_sequences() {
  const auto bin_size = static_cast<int64_t>(bin_.size());
  int64_t end = 0;
  for (int64_t i = 0; i < sequences_; ++i) {
    const auto count = load<int32_t>(lengths_ + 4 * i);
    const auto pointer = load<int64_t>(pointers_ + 8 * i);
    if (count < 0) {
      throw DataError(fmt::format("{}: the length of sequence {} must not be negative, but is {} "
                                  "instead.",
                                  idx_.path().string(), i, count),
                      kHint);
    }
    if (pointer != end) {
      throw DataError(
          fmt::format("{}: sequence {} must start at byte {}, but starts at {} instead.",
                      idx_.path().string(), i, end, pointer),
          kHint);
    }
    end += count * item_bytes_;
    if (end > bin_size) {  // here, as the sum of many lengths can wrap
      throw DataError(fmt::format("{}: sequence {} must end at byte {}, but the file has {} bytes",
                                  bin_.path().string(), i, end, bin_size),
                      kHint);
    }
  }
  if (end != bin_size) {
    throw DataError(fmt::format("{}: the index asks for {} bytes, but the file has {}",
                                bin_.path().string(), end, bin_size),
                    kHint);
  }
  tokens_ = end / item_bytes_;
}

void TokenFile::check_documents() const {
  int64_t before = 0;
  for (int64_t i = 0; i <= documents_; ++i) {
    const int64_t first = document_begin(i);
    if (first < before || first > sequences_ || (i == 0 && first != 0)) {
      throw DataError(
          fmt::format("{}: document {} must start at a sequence in [{}, {}], but starts "
                      "at {} instead.",
                      idx_.path().string(), i, before, i == 0 ? 0 : sequences_, first),
          kHint);
    }
    before = first;
  }
  if (documents_ < 0 || before != sequences_) {
    throw DataError(fmt::format("{}: the documents must end at sequence {}, but end at {} instead.",
                                idx_.path().string(), sequences_, before),
                    kHint);
  }
}

void TokenFile::read_manifest(const std::filesystem::path& path) {
  manifest_ = text::read_token_manifest(path);
  const auto check = [&](const char* what, int64_t manifest, int64_t file) {
    if (manifest != file) {
      throw DataError(fmt::format("{}: says {} {}, but {} has {}", path.string(), manifest, what,
                                  bin_.path().string(), file),
                      "the files do not belong together; " + std::string(kHint));
    }
  };
  check("bytes", manifest_->bin_bytes, static_cast<int64_t>(bin_.size()));
  check("sequences", manifest_->sequences, sequences_);
  check("documents", manifest_->documents, documents_);
  check("tokens", manifest_->tokens, tokens_);
  vocabulary_ = manifest_->vocabulary;
}

int64_t TokenFile::length(int64_t sequence) const noexcept {
  return load<int32_t>(lengths_ + 4 * sequence);
}

TokenSpan TokenFile::sequence(int64_t sequence) const noexcept {
  return {bin_.data() + load<int64_t>(pointers_ + 8 * sequence), length(sequence), type_};
}

int64_t TokenFile::document_begin(int64_t document) const noexcept {
  return load<int64_t>(document_indices_ + 8 * document);
}

void TokenFile::read(int64_t sequence, int64_t first, int64_t count,
                     std::vector<int32_t>& out) const {
  TP_ASSERT(sequence >= 0 && sequence < sequences_);
  const TokenSpan span = this->sequence(sequence);
  TP_ASSERT(first >= 0 && count >= 0 && count <= span.size() - first);
  const size_t before = out.size();
  out.resize(before + static_cast<size_t>(count));
  span.copy(first, count, out.data() + before);
  const auto limit = static_cast<uint32_t>(vocabulary_ > 0 ? vocabulary_ : int64_t{1} << 31);
  uint32_t largest = 0;
  for (size_t i = before; i < out.size(); ++i) {
    largest = std::max(largest, static_cast<uint32_t>(out[i]));
  }
  if (largest >= limit) {
    out.resize(before);
    throw DataError(
        fmt::format("{}: the ids of sequence {} must be in [0, {}), but one is {} "
                    "instead.",
                    bin_.path().string(), sequence, limit, static_cast<int32_t>(largest)),
        "the file is damaged or was made with another vocabulary");
  }
}

void TokenFile::read(int64_t sequence, std::vector<int32_t>& out) const {
  read(sequence, 0, length(sequence), out);
}

void TokenFile::expect_tokenizer(int64_t vocabulary, const std::string& hash) {
  if (manifest_ && manifest_->vocabulary != vocabulary) {
    throw ConfigError(
        fmt::format("{} was made with a vocabulary of {} pieces, but the recipe's has "
                    "{}",
                    bin_.path().string(), manifest_->vocabulary, vocabulary),
        kHint);
  }
  if (manifest_ && !hash.empty() && manifest_->tokenizer_hash != hash) {
    throw ConfigError(fmt::format("{} was made with another tokenizer (hash {}) than the recipe's "
                                  "({})",
                                  bin_.path().string(), manifest_->tokenizer_hash, hash),
                      kHint);
  }
  vocabulary_ = vocabulary;
}

void TokenFile::verify_hashes() const {
  const auto check = [](const MappedFile& file, const std::string& expected) {
    const std::string actual = xxh3_hex(file.data(), file.size());
    if (actual != expected) {
      throw DataError(fmt::format("{}: the content does not match its manifest (hash {}, expected "
                                  "{})",
                                  file.path().string(), actual, expected),
                      kHint);
    }
  };
  if (manifest_) {
    check(bin_, manifest_->bin_hash);
    check(idx_, manifest_->idx_hash);
  }
}

void TokenFile::verify_ids(int64_t stride) const {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < sequences_; i += stride) {
    ids.clear();
    read(i, ids);
  }
}

void TokenFile::verify() const {
  verify_hashes();
  verify_ids();
}

}  // namespace tpretrain
