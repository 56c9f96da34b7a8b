#include "data/text_source.h"

#include <algorithm>
#include <filesystem>

#include <fmt/core.h>

#include "data/items/sidecar_name.h"
#include "data/token_file_patterns.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

namespace {

/// Files up to this size are read whole to check or hash them, of larger ones an even sample.
constexpr int64_t kWholeBytes = int64_t{1} << 30;
constexpr size_t kBlockBytes = size_t{1} << 20;

/// Of a file above kWholeBytes with a manifest nothing is read here: its ids are checked when they
/// are used.
TokenFile open_file(const std::string& prefix, const SourceContext& context) {
  TokenFile file(prefix);
  if (context.vocabulary > 0) {
    file.expect_tokenizer(context.vocabulary, context.tokenizer_hash);
  }
  const auto bytes = static_cast<int64_t>(file.bin_bytes());
  if (file.manifest()) {
    if (bytes <= kWholeBytes) {
      file.verify_hashes();
    }
  } else if (context.vocabulary > 0) {
    file.verify_ids(1 + bytes / kWholeBytes);
  }
  return file;
}

void hash_file(const std::filesystem::path& path, Xxh3& hash) {
  const MappedFile file(path);
  const std::string size = fmt::format("{}:", file.size());
  hash.update(size.data(), size.size());
  if (file.size() <= static_cast<size_t>(kWholeBytes)) {
    hash.update(file.data(), file.size());
    return;
  }
  const size_t blocks = static_cast<size_t>(kWholeBytes) / kBlockBytes;
  const size_t last = file.size() - kBlockBytes;
  for (size_t i = 0; i < blocks; ++i) {
    hash.update(file.data() + last / (blocks - 1) * i, kBlockBytes);
  }
}

/// Position of the file that holds `index`, given the first index of every file.
size_t file_of(const std::vector<int64_t>& starts, int64_t index) {
  return static_cast<size_t>(std::upper_bound(starts.begin(), starts.end(), index) -
                             starts.begin() - 1);
}

}  // namespace

TokenFileSource::TokenFileSource(const TextSourceConfig& config, const SourceContext& context) {
  int64_t tokens = 0;
  for (const std::filesystem::path& prefix : expand_token_files(config.files)) {
    prefixes_.push_back(prefix.string());
    const TokenFile& file = files_.emplace_back(open_file(prefixes_.back(), context));
    document_starts_.push_back(document_starts_.back() + file.documents());
    sentence_starts_.push_back(sentence_starts_.back() + file.sequences());
    tokens += file.tokens();
  }
  if (documents() == 0 || tokens == 0) {
    throw DataError(
        fmt::format("the corpus is empty: {} ({} files, {} documents, {} tokens)",
                    join(config.files, ", "), files_.size(), documents(), tokens),
        "text files hold a sentence a line and a blank line between documents (or `format: plain`, "
        "`format: jsonl`); name them under `source:` and run `tpretrain preprocess RECIPE`");
  }
}

int64_t TokenFileSource::first_sentence(int64_t document) const {
  const size_t file = file_of(document_starts_, document);
  return sentence_starts_[file] + files_[file].document_begin(document - document_starts_[file]);
}

int64_t TokenFileSource::sentence_count(int64_t document) const {
  const size_t file = file_of(document_starts_, document);
  const int64_t local = document - document_starts_[file];
  return files_[file].document_end(local) - files_[file].document_begin(local);
}

int64_t TokenFileSource::sentence_length(int64_t sentence) const {
  const size_t file = file_of(sentence_starts_, sentence);
  return files_[file].length(sentence - sentence_starts_[file]);
}

void TokenFileSource::read(int64_t sentence, int64_t begin, int64_t end,
                           std::vector<int32_t>& ids) const {
  const size_t file = file_of(sentence_starts_, sentence);
  files_[file].read(sentence - sentence_starts_[file], begin, end - begin, ids);
}

std::string TokenFileSource::hash() const {
  Xxh3 hash;
  for (const TokenFile& file : files_) {
    if (const auto& manifest = file.manifest()) {
      const std::string text = manifest->bin_hash + manifest->idx_hash;
      hash.update(text.data(), text.size());
      continue;
    }
    hash_file(file.bin_path(), hash);
    hash_file(std::filesystem::path(file.bin_path()).replace_extension(".idx"), hash);
  }
  return hash.hex();
}

std::string TokenFileSource::sidecar() const {
  return data::sidecar_name(prefixes_);
}

}  // namespace tpretrain
