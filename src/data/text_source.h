/// Tokenised text out of token files. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tpretrain/core/source.h"
#include "tpretrain/data/sources.h"
#include "tpretrain/data/token_file.h"

namespace tpretrain {

/// The documents of several token files one after the other, as one source.
class TokenFileSource final : public TextSource {
 public:
  /// Errors: NotFoundError, IoError, DataError (no document, damaged file, content that does not
  /// match its manifest, id outside the vocabulary), ConfigError (made with another tokenizer).
  TokenFileSource(const TextSourceConfig& config, const SourceContext& context);

  int64_t items() const override { return documents(); }

  std::string hash() const override;
  std::string sidecar() const override;

  int64_t pieces() const override { return std::ssize(files_); }

  void check(int64_t piece) const override { files_.at(static_cast<size_t>(piece)).verify(); }

  int64_t documents() const override { return document_starts_.back(); }

  int64_t first_sentence(int64_t document) const override;
  int64_t sentence_count(int64_t document) const override;
  int64_t sentence_length(int64_t sentence) const override;
  void read(int64_t sentence, int64_t begin, int64_t end, std::vector<int32_t>& ids) const override;

 private:
  std::vector<std::string> prefixes_;
  std::vector<TokenFile> files_;
  /// First document and first sentence of every file, and their totals: [files + 1].
  std::vector<int64_t> document_starts_ = {0};
  std::vector<int64_t> sentence_starts_ = {0};
};

}  // namespace tpretrain
