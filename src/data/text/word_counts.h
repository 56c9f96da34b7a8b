/// How often each normalised word occurs in a corpus.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/text/bert_table.h"
#include "tpretrain/data/corpus.h"

namespace tpretrain::text {

struct WordCounts {
  std::vector<std::pair<std::string, int64_t>> words;  ///< sorted by text
  int64_t running = 0;                                 ///< words counted
  CorpusCounts corpus;
};

/// Counts on `threads` threads (0: all cores). Words longer than `max_word` characters are left
/// out.
WordCounts count_words(const CorpusOptions& options, const BertRules& rules, int64_t max_word,
                       int threads, const CorpusProgressFn& progress);

}  // namespace tpretrain::text
