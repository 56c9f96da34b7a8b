#include "data/text/clip_bpe.h"

#include <algorithm>
#include <map>

#include "data/text/text_clean.h"
#include "data/text/utf8.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"

namespace tpretrain::text {

namespace {

int32_t id_of(const std::vector<std::string>& pieces, std::string_view piece) {
  const auto found = std::find(pieces.begin(), pieces.end(), piece);
  TP_ASSERT(found != pieces.end());
  return static_cast<int32_t>(found - pieces.begin());
}

ByteBpe::Alphabet alphabet_of(const std::vector<std::string>& pieces) {
  std::map<std::string_view, int32_t> ids;
  for (size_t i = 0; i < pieces.size(); ++i) {
    ids.emplace(pieces[i], static_cast<int32_t>(i));
  }
  ByteBpe::Alphabet alphabet;
  for (size_t byte = 0; byte < 256; ++byte) {
    const char32_t c = byte_character(static_cast<unsigned char>(byte));
    std::string piece = utf8_of({&c, 1});
    alphabet.inner[byte] = ids.at(piece);
    piece += kEndOfWord;
    alphabet.last[byte] = ids.at(piece);
  }
  return alphabet;
}

std::string hash_of(const ClipVocabulary& vocabulary, TextClean clean) {
  Xxh3 hash;
  const auto add = [&hash](const std::string& text) { hash.update(text.data(), text.size()); };
  for (const std::string& piece : vocabulary.pieces) {
    add(piece + "\n");
  }
  for (const ByteBpe::Merge& merge : vocabulary.merges) {
    add(std::to_string(merge.left) + " " + std::to_string(merge.right) + "\n");
  }
  add("clip_bpe 1 " + vocabulary.start + " " + vocabulary.end + " " +
      std::to_string(static_cast<int>(clean)));
  return hash.hex();
}

}  // namespace

ClipBpe::ClipBpe(ClipVocabulary vocabulary, const ClipBpeConfig& config)
    : source_(config.vocab),
      hash_(hash_of(vocabulary, config.clean)),
      clean_(config.clean),
      verbatim_{vocabulary.start, vocabulary.end},
      bpe_(alphabet_of(vocabulary.pieces), vocabulary.merges) {
  pieces_ = std::move(vocabulary.pieces);
  special_.bos = id_of(pieces_, verbatim_[0]);
  special_.eos = id_of(pieces_, verbatim_[1]);
}

void ClipBpe::encode(std::string_view text, std::vector<int32_t>& ids) const {
  const std::string clean = clean_text(text, clean_);
  ClipScanner scanner(clean, verbatim_);
  for (std::string_view word = scanner.next(); !word.empty(); word = scanner.next()) {
    if (word == verbatim_[0]) {
      ids.push_back(*special_.bos);
    } else if (word == verbatim_[1]) {
      ids.push_back(*special_.eos);
    } else {
      bpe_.encode(word, ids);
    }
  }
}

std::string ClipBpe::decode(std::span<const int32_t> ids) const {
  std::string text;
  std::string bytes;
  for (const int32_t id : ids) {
    std::string_view piece = pieces_.at(static_cast<size_t>(id));
    const bool special = id == special_.bos || id == special_.eos;
    const bool ends = special || piece.ends_with(kEndOfWord);
    piece.remove_suffix(special || !ends ? 0 : kEndOfWord.size());
    text += !special && bytes_of_characters(piece, bytes) ? bytes : piece;
    text += ends ? " " : "";
  }
  if (text.ends_with(' ')) {
    text.pop_back();
  }
  int64_t mended = 0;
  return mend_utf8(text, mended);
}

}  // namespace tpretrain::text
