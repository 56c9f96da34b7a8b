/// The WordPiece tokenizer: greedy longest match over a trie.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/text/bert_table.h"
#include "data/text/trie.h"
#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/wordpiece.h"

namespace tpretrain::text {

/// Pieces of a vocabulary file, line number = id. Errors: NotFoundError, DataError.
std::vector<std::string> read_vocabulary(const std::string& path);

class WordPiece final : public Tokenizer {
 public:
  WordPiece(std::vector<std::string> pieces, const WordPieceConfig& config);

  void encode(std::string_view text, std::vector<int32_t>& ids) const override;
  std::string decode(std::span<const int32_t> ids) const override;

  int64_t size() const override { return static_cast<int64_t>(pieces_.size()); }

  std::string piece(int32_t id) const override { return pieces_.at(static_cast<size_t>(id)); }

  bool continues_word(int32_t id) const override {
    return pieces_.at(static_cast<size_t>(id)).starts_with("##");
  }

  const SpecialIds& special() const override { return special_; }

  std::string hash() const override { return hash_; }

  std::string source() const override { return source_; }

 private:
  void encode_plain(std::string_view text, std::vector<int32_t>& ids) const;
  void encode_word(std::string_view word, std::vector<int32_t>& ids) const;
  const std::pair<std::string, int32_t>* special_at(std::string_view text) const;
  void find_special();

  std::vector<std::string> pieces_;
  std::string source_;
  std::string hash_;
  BertTable table_;
  Trie trie_;
  int64_t max_word_;
  int32_t unk_ = 0;
  SpecialIds special_;
  std::vector<std::pair<std::string, int32_t>> verbatim_;  ///< special tokens as written in text
};

}  // namespace tpretrain::text
