#include "data/text/word_counts.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "data/text/bert_words.h"
#include "data/text/document_parser.h"
#include "data/text/ordered_pipeline.h"
#include "data/text/progress_clock.h"
#include "data/text/source_identity.h"

namespace tpretrain::text {

namespace {

struct StringHash {
  using is_transparent = void;

  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

using Counter = std::unordered_map<std::string, int64_t, StringHash, std::equal_to<>>;

class CountingSink final : public SentenceSink {
 public:
  CountingSink(const BertTable& table, int64_t max_word, Counter& counter, CorpusCounts& counts)
      : table_(table), max_word_(max_word), counter_(counter), counts_(counts) {}

  void sentence(std::string_view text) override {
    BertWords words(table_, [this](const WordBuffer& word) { count(word); });
    words.split(text);
    ++counts_.sentences;
    open_ = true;
  }

  void end_document() override {
    counts_.documents += open_ ? 1 : 0;
    open_ = false;
  }

 private:
  void count(const WordBuffer& word) {
    if (word.chars() > max_word_) {
      return;
    }
    const auto found = counter_.find(word.text());
    if (found != counter_.end()) {
      ++found->second;
    } else {
      counter_.emplace(word.text(), 1);
    }
  }

  const BertTable& table_;
  int64_t max_word_;
  Counter& counter_;
  CorpusCounts& counts_;
  bool open_ = false;
};

WordCounts merged(std::vector<Counter>& counters) {
  WordCounts result;
  for (size_t i = 1; i < counters.size(); ++i) {
    for (const auto& [word, count] : counters[i]) {
      counters[0][word] += count;
    }
    counters[i] = {};
  }
  result.words.assign(counters[0].begin(), counters[0].end());
  std::sort(result.words.begin(), result.words.end());
  for (const auto& [word, count] : result.words) {
    result.running += count;
  }
  return result;
}

}  // namespace

WordCounts count_words(const CorpusOptions& options, const BertRules& rules, int64_t max_word,
                       int threads, const CorpusProgressFn& progress) {
  const BertTable table(rules);
  const int workers = worker_count(threads);
  std::vector<Counter> counters(static_cast<size_t>(workers));
  CorpusCounts corpus;
  ChunkReader reader(options);
  ProgressClock clock(progress, stored_bytes(options.files));
  OrderedPipeline<Chunk, CorpusCounts> pipeline(
      {[&reader] { return reader.next(); },
       [](const Chunk& chunk) { return static_cast<int64_t>(chunk.text.size()); },
       [&](Chunk&& chunk, int worker) {
         CorpusCounts counts = chunk.counts;
         CountingSink sink(table, max_word, counters[static_cast<size_t>(worker)], counts);
         parse_chunk(chunk, options, sink, counts);
         return counts;
       },
       [&](CorpusCounts&& counts) {
         corpus.merge(counts);
         clock.tick(reader.stored_bytes());
       }},
      workers, text_budget(workers, options.chunk));
  pipeline.run();
  clock.last(reader.stored_bytes());
  WordCounts result = merged(counters);
  result.corpus = corpus;
  return result;
}

}  // namespace tpretrain::text
