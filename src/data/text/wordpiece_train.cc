#include <algorithm>
#include <unordered_set>

#include <fmt/core.h>

#include "data/text/bert_words.h"
#include "data/text/pair_merges.h"
#include "data/text/word_counts.h"
#include "tpretrain/base/fs.h"
#include "tpretrain/base/text.h"
#include "tpretrain/data/wordpiece.h"

namespace tpretrain {

namespace {

/// Pieces in the order of the file, each once.
class Vocabulary {
 public:
  void add(const std::string& piece) {
    if (known_.insert(piece).second) {
      text_ += piece + "\n";
    }
  }

  int64_t size() const { return static_cast<int64_t>(known_.size()); }

  const std::string& text() const { return text_; }

 private:
  std::unordered_set<std::string> known_;
  std::string text_;
};

void write_atomically(const fs::path& path, const std::string& text) {
  FileSystem& files = FileSystem::posix();
  const fs::path parent = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  files.make_directory(parent);
  files.replace(path, text);
  files.sync_directory(parent);
}

void check_options(const WordPieceTrainOptions& options) {
  if (std::find(options.special.begin(), options.special.end(), "[UNK]") == options.special.end()) {
    throw ConfigError("`special` must hold [UNK], but is [" + join(options.special, ", ") +
                      "] instead.");
  }
  if (options.max_word < 1 || options.max_word > text::kLongestWord) {
    throw ConfigError(fmt::format("`max_word` must be in [1, {}], but is {} instead.",
                                  text::kLongestWord, options.max_word));
  }
}

}  // namespace

WordPieceTrainReport train_wordpiece(const WordPieceTrainOptions& options,
                                     const CorpusOptions& corpus, const fs::path& vocab,
                                     const CorpusProgressFn& progress) {
  check_options(options);
  CorpusOptions expanded = corpus;
  expanded.files = expand_corpus_files(corpus.files);
  const text::BertRules rules{.lowercase = options.lowercase,
                              .strip_accents = options.strip_accents.value_or(options.lowercase),
                              .chinese = options.chinese};
  const text::WordCounts counts =
      text::count_words(expanded, rules, options.max_word, options.threads, progress);
  if (counts.words.empty()) {
    throw DataError(fmt::format("no word in {} ({} of text)", join(expanded.files, ", "),
                                human_bytes(static_cast<uint64_t>(counts.corpus.bytes))),
                    "a vocabulary is trained on text files; name their form with `format`");
  }
  text::PairMerges merges(counts.words, options.limit_alphabet);
  Vocabulary vocabulary;
  for (const std::string& piece : options.special) {
    vocabulary.add(piece);
  }
  for (const std::string& piece : merges.alphabet()) {
    vocabulary.add(piece);
  }
  if (vocabulary.size() > options.size) {
    throw ConfigError(fmt::format("`size` must be at least {} (special tokens and characters), but "
                                  "is {} instead.",
                                  vocabulary.size(), options.size),
                      "raise `size` or lower `limit_alphabet`");
  }
  WordPieceTrainReport report;
  while (vocabulary.size() < options.size) {
    const std::string piece = merges.next(options.min_frequency);
    if (piece.empty()) {
      break;
    }
    ++report.merges;
    vocabulary.add(piece);
  }
  write_atomically(vocab, vocabulary.text());
  report.pieces = vocabulary.size();
  report.words = counts.running;
  report.distinct_words = static_cast<int64_t>(counts.words.size());
  report.alphabet = static_cast<int64_t>(merges.alphabet().size());
  report.corpus = counts.corpus;
  return report;
}

}  // namespace tpretrain
