#include "data/text/wordpiece.h"

#include <algorithm>
#include <map>

#include "data/text/bert_words.h"
#include "tpretrain/base/hash.h"

namespace tpretrain::text {

namespace {

constexpr std::string_view kContinuation = "##";

BertRules rules_of(const WordPieceConfig& config) {
  return {.lowercase = config.lowercase,
          .strip_accents = config.strip_accents.value_or(config.lowercase),
          .chinese = config.chinese};
}

/// Of a piece written twice the later line counts, as in the peers' readers.
Trie make_trie(const std::vector<std::string>& pieces) {
  std::map<std::string_view, int32_t> sorted[2];
  for (size_t i = 0; i < pieces.size(); ++i) {
    std::string_view piece = pieces[i];
    const bool continues = piece.starts_with(kContinuation);
    if (continues) {
      piece.remove_prefix(kContinuation.size());
    }
    if (!piece.empty()) {
      sorted[continues ? 1 : 0][piece] = static_cast<int32_t>(i);
    }
  }
  std::vector<Trie::Key> roots[2];
  for (int i = 0; i < 2; ++i) {
    roots[i].assign(sorted[i].begin(), sorted[i].end());
  }
  return Trie(roots);
}

std::string hash_of(const std::vector<std::string>& pieces, const BertRules& rules,
                    int64_t max_word) {
  Xxh3 hash;
  for (const std::string& piece : pieces) {
    hash.update(piece.data(), piece.size());
    hash.update("\n", 1);
  }
  const std::string options = "wordpiece 1 " + std::to_string(rules.lowercase) + " " +
                              std::to_string(rules.strip_accents) + " " +
                              std::to_string(rules.chinese) + " " + std::to_string(max_word);
  hash.update(options.data(), options.size());
  return hash.hex();
}

}  // namespace

WordPiece::WordPiece(std::vector<std::string> pieces, const WordPieceConfig& config)
    : pieces_(std::move(pieces)),
      source_(config.vocab),
      hash_(hash_of(pieces_, rules_of(config), config.max_word)),
      table_(rules_of(config)),
      trie_(make_trie(pieces_)),
      max_word_(std::min(config.max_word, kLongestWord)) {
  find_special();
  unk_ = require(special_.unk, "[UNK]");
}

void WordPiece::find_special() {
  const std::pair<const char*, std::optional<int32_t> SpecialIds::*> known[] = {
      {"[CLS]", &SpecialIds::cls},
      {"[SEP]", &SpecialIds::sep},
      {"[MASK]", &SpecialIds::mask},
      {"[PAD]", &SpecialIds::pad},
      {"[UNK]", &SpecialIds::unk}};
  for (const auto& [name, member] : known) {
    const auto last = std::find(pieces_.rbegin(), pieces_.rend(), name);
    if (last != pieces_.rend()) {
      const auto id = static_cast<int32_t>(pieces_.rend() - last - 1);
      special_.*member = id;
      verbatim_.emplace_back(name, id);
    }
  }
}

const std::pair<std::string, int32_t>* WordPiece::special_at(std::string_view text) const {
  for (const auto& token : verbatim_) {
    if (text.starts_with(token.first)) {
      return &token;
    }
  }
  return nullptr;
}

void WordPiece::encode(std::string_view text, std::vector<int32_t>& ids) const {
  size_t at = 0;
  while ((at = text.find('[', at)) != std::string_view::npos) {
    if (const auto* token = special_at(text.substr(at))) {
      encode_plain(text.substr(0, at), ids);
      ids.push_back(token->second);
      text.remove_prefix(at + token->first.size());
      at = 0;
    } else {
      ++at;
    }
  }
  encode_plain(text, ids);
}

void WordPiece::encode_plain(std::string_view text, std::vector<int32_t>& ids) const {
  BertWords words(table_, [this, &ids](const WordBuffer& word) {
    if (word.chars() > max_word_) {
      ids.push_back(unk_);
    } else {
      encode_word(word.text(), ids);
    }
  });
  words.split(text);
}

void WordPiece::encode_word(std::string_view word, std::vector<int32_t>& ids) const {
  const size_t before = ids.size();
  uint32_t node = trie_.root(0);
  uint32_t best = 0;
  size_t best_end = 0;
  size_t at = 0;
  for (;;) {
    while (at < word.size()) {
      node = trie_.step(node, static_cast<unsigned char>(word[at]));
      if (node == 0) {
        break;
      }
      ++at;
      if (trie_.has_id(node)) {
        best = node;
        best_end = at;
      }
    }
    if (best == 0) {
      ids.resize(before);
      ids.push_back(unk_);
      return;
    }
    ids.push_back(trie_.id(best));
    if (best_end == word.size()) {
      return;
    }
    at = best_end;
    best = 0;
    node = trie_.root(1);
  }
}

}  // namespace tpretrain::text
