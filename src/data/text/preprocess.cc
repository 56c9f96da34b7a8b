#include "tpretrain/data/preprocess.h"

#include <algorithm>

#include <fmt/core.h>

#include "data/text/document_parser.h"
#include "data/text/ordered_pipeline.h"
#include "data/text/progress_clock.h"
#include "data/text/source_identity.h"
#include "data/text/token_format.h"
#include "data/text/token_output.h"
#include "data/text/token_store.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

namespace {

using text::Chunk;
using text::ChunkTokens;

constexpr int64_t kMiB = 1 << 20;

/// Tokenises the sentences of one chunk into bytes as stored.
class TokenSink final : public text::SentenceSink {
 public:
  TokenSink(const Tokenizer& tokenizer, TokenType type, const Chunk& chunk, ChunkTokens& out)
      : tokenizer_(tokenizer), type_(type), chunk_(chunk), out_(out) {}

  void sentence(std::string_view sentence) override {
    ids_.clear();
    tokenizer_.encode(sentence, ids_);
    if (ids_.empty()) {
      out_.counts.drop(DropReason::kEmptySentence).add({chunk_.file, chunk_.offset});
      return;
    }
    out_.lengths.push_back(static_cast<int32_t>(ids_.size()));
    out_.tokens += static_cast<int64_t>(ids_.size());
    if (type_ == TokenType::kInt32) {
      out_.bin.append(reinterpret_cast<const char*>(ids_.data()), ids_.size() * sizeof(int32_t));
      return;
    }
    short_ids_.assign(ids_.begin(), ids_.end());
    out_.bin.append(reinterpret_cast<const char*>(short_ids_.data()),
                    short_ids_.size() * sizeof(uint16_t));
  }

  void end_document() override {
    const auto sequences = static_cast<int64_t>(out_.lengths.size());
    if (out_.breaks.empty() || out_.breaks.back() != sequences) {
      out_.breaks.push_back(sequences);
    }
  }

 private:
  const Tokenizer& tokenizer_;
  TokenType type_;
  const Chunk& chunk_;
  ChunkTokens& out_;
  std::vector<int32_t> ids_;
  std::vector<uint16_t> short_ids_;
};

int64_t part_bytes(const PreprocessOptions& options, int64_t total) {
  if (options.part > 0) {
    return options.part;
  }
  return total > 0 ? std::clamp(total / 64, kMiB, 64 * kMiB) : 16 * kMiB;
}

void refuse_existing(FileSystem& file_system, const text::TokenPaths& paths,
                     const std::string& job) {
  // Beside a .partial folder of the same job they are what it left when it was killed while it
  // renamed; that job would make the same files again.
  if (text::TokenStore::belongs_to(file_system, paths.partial, job)) {
    return;
  }
  for (const fs::path& path : {paths.bin, paths.idx, paths.manifest}) {
    if (file_system.exists(path)) {
      throw OutputError(fmt::format("{} exists", path.string()),
                        "name another output, or allow overwriting");
    }
  }
}

const char* expected_form(TextFormat format) {
  switch (format) {
    case TextFormat::kSentences:
      return "`format: sentences` wants one sentence a line and a blank line between documents";
    case TextFormat::kPlain:
      return "`format: plain` wants running text with a blank line between documents";
    case TextFormat::kJsonl:
      return "`format: jsonl` wants one object a line, such as {\"text\": \"A document.\"}";
  }
  return "";
}

std::string dropped_text(const CorpusCounts& counts) {
  std::string text;
  for (int i = 0; i < kDropReasons; ++i) {
    const auto reason = static_cast<DropReason>(i);
    if (counts.drop(reason).count > 0) {
      text += fmt::format(", {} {}", counts.drop(reason).count, drop_reason_name(reason));
    }
  }
  return text;
}

[[noreturn]] void refuse_empty(const CorpusOptions& corpus, const CorpusCounts& counts) {
  throw DataError(
      fmt::format("no document in {} ({} files, {} of text{})", join(corpus.files, ", "),
                  corpus.files.size(), human_bytes(static_cast<uint64_t>(counts.bytes)),
                  dropped_text(counts)),
      expected_form(corpus.format));
}

class Preprocessor {
 public:
  Preprocessor(const PreprocessOptions& options, const Tokenizer& tokenizer,
               const CorpusProgressFn& progress, FileSystem& file_system)
      : options_(options),
        tokenizer_(tokenizer),
        file_system_(file_system),
        paths_(options.output),
        type_(tokenizer.size() < text::kUint16Limit ? TokenType::kUint16 : TokenType::kInt32) {
    options_.corpus.files = expand_corpus_files(options.corpus.files);
    total_ = text::stored_bytes(options_.corpus.files);
    clock_.emplace(progress, total_);
  }

  PreprocessReport run() {
    const std::string job = text::job_identity(options_.corpus, tokenizer_);
    if (!options_.overwrite) {
      refuse_existing(file_system_, paths_, job);
    }
    const bool replayable = total_ > 0;  // standard input cannot be read again
    text::TokenStore store(file_system_, paths_.partial, job, options_.resume && replayable);
    text::ChunkReader reader(options_.corpus);
    const int64_t resumed = store.state().counts.bytes;
    tokenise(reader, store);
    store.finish();
    if (store.state().counts.sentences == 0) {
      file_system_.remove(paths_.partial);
      refuse_empty(options_.corpus, store.state().counts);
    }
    text::write_token_files(file_system_, store, paths_,
                            {job, options_.corpus, tokenizer_, type_, reader.files()});
    clock_->last(reader.stored_bytes());
    return report(store, resumed);
  }

 private:
  void tokenise(text::ChunkReader& reader, text::TokenStore& store) {
    const int workers = text::worker_count(options_.threads);
    const int64_t done = store.state().chunks;
    const int64_t part = part_bytes(options_, total_);
    int64_t committed = store.state().counts.bytes;
    text::OrderedPipeline<Chunk, ChunkTokens> pipeline(
        {[&reader, done] {
           auto chunk = reader.next();
           while (chunk && chunk->index < done) {
             chunk = reader.next();
           }
           return chunk;
         },
         [](const Chunk& chunk) { return static_cast<int64_t>(chunk.text.size()); },
         [this](Chunk&& chunk, int) { return tokenise_chunk(chunk); },
         [&](ChunkTokens&& tokens) {
           store.append(tokens);
           failpoint("preprocess.chunk");
           if (store.state().counts.bytes - committed >= part) {
             store.commit();
             committed = store.state().counts.bytes;
           }
           clock_->tick(reader.stored_bytes());
         }},
        workers, text::text_budget(workers, options_.corpus.chunk));
    pipeline.run();
  }

  ChunkTokens tokenise_chunk(const Chunk& chunk) const {
    ChunkTokens out;
    out.counts = chunk.counts;
    TokenSink sink(tokenizer_, type_, chunk, out);
    text::parse_chunk(chunk, options_.corpus, sink, out.counts);
    return out;
  }

  PreprocessReport report(const text::TokenStore& store, int64_t resumed) const {
    PreprocessReport report;
    report.counts = store.state().counts;
    report.tokens = store.state().tokens;
    report.sequences = store.state().counts.sentences;
    report.dtype = type_ == TokenType::kUint16 ? "uint16" : "int32";
    report.resumed_bytes = resumed;
    report.seconds = clock_->seconds();
    report.bin = paths_.bin;
    report.idx = paths_.idx;
    report.manifest = paths_.manifest;
    return report;
  }

  PreprocessOptions options_;
  const Tokenizer& tokenizer_;
  FileSystem& file_system_;
  text::TokenPaths paths_;
  TokenType type_;
  int64_t total_ = 0;
  std::optional<text::ProgressClock> clock_;
};

}  // namespace

PreprocessReport preprocess(const PreprocessOptions& options, const Tokenizer& tokenizer,
                            const CorpusProgressFn& progress, FileSystem& file_system) {
  return Preprocessor(options, tokenizer, progress, file_system).run();
}

bool is_preprocessed(const PreprocessOptions& options, const Tokenizer& tokenizer) {
  const text::TokenPaths paths(options.output);
  if (!fs::exists(paths.bin) || !fs::exists(paths.idx) || !fs::exists(paths.manifest)) {
    return false;
  }
  CorpusOptions corpus = options.corpus;
  corpus.files = expand_corpus_files(corpus.files);
  return text::stored_bytes(corpus.files) > 0 &&
         text::read_token_manifest(paths.manifest).job == text::job_identity(corpus, tokenizer);
}

int64_t preprocess_memory_bound(const PreprocessOptions& options, int64_t longest_line) {
  const int64_t line = std::min(longest_line, options.corpus.max_line);
  const int64_t workers = text::worker_count(options.threads);
  return 64 * kMiB + (workers + 1) * 16 * (options.corpus.chunk + line);
}

}  // namespace tpretrain
