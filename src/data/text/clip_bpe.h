/// The tokenizer of CLIP, and the files it is read from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/text/byte_bpe.h"
#include "data/text/clip_scanner.h"
#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/clip_bpe.h"

namespace tpretrain::text {

/// Marks the piece that ends a word.
inline constexpr std::string_view kEndOfWord = "</w>";

struct ClipVocabulary {
  std::vector<std::string>
      pieces;  ///< as files write them: byte characters, "</w>" at a word's end
  std::vector<ByteBpe::Merge> merges;
  std::string start;  ///< special tokens as they are written in text
  std::string end;
};

/// Errors: NotFoundError, DataError.
ClipVocabulary read_clip_vocabulary(const ClipBpeConfig& config);

class ClipBpe final : public Tokenizer {
 public:
  ClipBpe(ClipVocabulary vocabulary, const ClipBpeConfig& config);

  void encode(std::string_view text, std::vector<int32_t>& ids) const override;
  /// Words with single blanks between them.
  std::string decode(std::span<const int32_t> ids) const override;

  int64_t size() const override { return static_cast<int64_t>(pieces_.size()); }

  std::string piece(int32_t id) const override { return pieces_.at(static_cast<size_t>(id)); }

  /// False: a piece says whether it ends a word, not whether it starts one.
  bool continues_word(int32_t) const override { return false; }

  const SpecialIds& special() const override { return special_; }

  std::string hash() const override { return hash_; }

  std::string source() const override { return source_; }

 private:
  std::vector<std::string> pieces_;
  std::string source_;
  std::string hash_;
  TextClean clean_;
  SpecialIds special_;
  std::vector<std::string> verbatim_;  ///< start and end, as written
  ByteBpe bpe_;
};

}  // namespace tpretrain::text
