/// WordPiece tokens: loading a vocabulary (ids equal to Hugging Face's fast BertTokenizer) and
/// training one. Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/corpus.h"

namespace tpretrain {

struct WordPieceConfig {
  std::string vocab;  ///< vocab.txt: one piece a line, the line number is the id
  int64_t size = 0;   ///< expected number of pieces; 0: any
  bool lowercase = true;
  std::optional<bool> strip_accents;  ///< default: as lowercase
  bool chinese = true;                ///< every CJK ideograph is a word of its own
  int64_t max_word = 100;             ///< longer words (in characters) become [UNK]

  void describe(ConfigVisitor& v);
};

/// Reads the vocabulary. Errors: NotFoundError, DataError (no [UNK], not UTF-8, too large),
/// ConfigError (size differs from the recipe's).
std::unique_ptr<Tokenizer> load_wordpiece(const WordPieceConfig& config);

struct WordPieceTrainOptions {
  int64_t size = 30000;  ///< pieces in the vocabulary, special tokens included
  bool lowercase = true;
  std::optional<bool> strip_accents;
  bool chinese = true;
  int64_t min_frequency = 2;      ///< rarest pair that is still merged
  int64_t limit_alphabet = 1000;  ///< most frequent characters kept; 0: all
  int64_t max_word = 100;
  std::vector<std::string> special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  int threads = 0;  ///< 0: all cores
};

struct WordPieceTrainReport {
  int64_t pieces = 0;
  int64_t words = 0;  ///< running words counted
  int64_t distinct_words = 0;
  int64_t alphabet = 0;
  int64_t merges = 0;
  CorpusCounts corpus;
};

/// Learns a vocabulary by merging the most frequent pair again and again, ties by text order, and
/// writes it to `vocab` (atomically). Same bytes for any number of threads.
WordPieceTrainReport train_wordpiece(const WordPieceTrainOptions& options,
                                     const CorpusOptions& corpus,
                                     const std::filesystem::path& vocab,
                                     const CorpusProgressFn& progress = {});

}  // namespace tpretrain
