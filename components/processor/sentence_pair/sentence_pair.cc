#include "components/processor/sentence_pair/sentence_pair.h"

#include <algorithm>
#include <utility>

#include "components/processor/sentence_pair/chunk_walk.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/core/landmarks.h"
#include "tpretrain/core/registry.h"

namespace tpretrain {

namespace processor::sentence_pair_detail {

/// Tokens of consecutive sentences.
struct Text {
  std::vector<int32_t> ids;
  std::vector<int64_t> ends;  ///< ids.size() after each sentence
};

/// Part [begin, end) of a text.
struct Segment {
  const Text* text = nullptr;
  int64_t begin = 0;
  int64_t end = 0;

  int64_t size() const { return end - begin; }
};

/// Cuts the longer one by a token at the front or the back until both fit. (Google's BERT,
/// create_pretraining_data.py, truncate_seq_pair)
void truncate(Segment& a, Segment& b, int64_t most, CounterRng& rng) {
  while (a.size() + b.size() > most) {
    Segment& longer = a.size() > b.size() ? a : b;
    if ((rng.next() & 1U) != 0) {
      ++longer.begin;
    } else {
      --longer.end;
    }
  }
}

struct SpecialTokens {
  int32_t cls;
  int32_t sep;
};

class Stream : public SampleStream {
 public:
  Stream(const SentencePairConfig& config, const ProcessorContext& context,
         std::shared_ptr<const TextSource> source)
      : config_(config),
        tokenizer_(context.tokenizer),
        special_{tokenizer_->require(tokenizer_->special().cls, "[CLS]"),
                 tokenizer_->require(tokenizer_->special().sep, "[SEP]")},
        room_(config.length - (config.pair ? 3 : 2)),
        key_(hash64(context.seed, hash64("sentence_pair"))),
        source_(std::move(source)),
        chunks_(ChunkWalk(*source_, room_, config.pair ? 2 : 1)) {
    if (config.mask.rate > 0) {
      masker_.emplace(config.mask, *tokenizer_, config.length);
    }
  }

  int64_t count() const override { return chunks_.size(); }

  void make(int64_t index, int64_t ordinal, Sample& sample) const override;

 private:
  Text take(int64_t first, int64_t count, int64_t enough, CounterRng& rng) const;
  int64_t split_point(const Text& text, CounterRng& rng) const;
  Text partner(int64_t own, int64_t enough, CounterRng& rng) const;
  void write(const Segment& a, const Segment& b, CounterRng mask_rng, Sample& sample) const;

  SentencePairConfig config_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  SpecialTokens special_;
  int64_t room_;  ///< tokens of a sample that are not special
  uint64_t key_;
  std::shared_ptr<const TextSource> source_;
  Landmarks<ChunkWalk> chunks_;
  std::optional<TokenMasker> masker_;
};

/// Sentences until there are `enough` tokens. Of a sentence longer than four samples only a window
/// at a drawn place is read, so that a line of many megabytes costs no more than any other.
Text Stream::take(int64_t first, int64_t count, int64_t enough, CounterRng& rng) const {
  const int64_t most = 4 * config_.length;
  Text text;
  for (int64_t i = 0; i < count && static_cast<int64_t>(text.ids.size()) < enough; ++i) {
    const int64_t length = source_->sentence_length(first + i);
    const int64_t begin =
        length > most ? static_cast<int64_t>(rng.below(static_cast<uint64_t>(length - most + 1)))
                      : 0;
    source_->read(first + i, begin, begin + std::min(length, most), text.ids);
    text.ends.push_back(static_cast<int64_t>(text.ids.size()));
  }
  return text;
}

/// A drawn sentence boundary with tokens on both sides, or any place inside when there is none.
int64_t Stream::split_point(const Text& text, CounterRng& rng) const {
  const auto size = static_cast<int64_t>(text.ids.size());
  std::vector<int64_t> places;
  for (const int64_t end : text.ends) {
    if (end > 0 && end < size && (places.empty() || places.back() != end)) {
      places.push_back(end);
    }
  }
  if (places.empty()) {
    return 1 + static_cast<int64_t>(rng.below(static_cast<uint64_t>(size - 1)));
  }
  return places[rng.below(places.size())];
}

/// Sentences from a drawn place of a drawn document other than `own`. A place without
/// tokens gives way to the start of the document, such a document to the next one.
Text Stream::partner(int64_t own, int64_t enough, CounterRng& rng) const {
  const int64_t documents = source_->documents();
  int64_t document = own;
  if (documents > 1) {
    document = static_cast<int64_t>(rng.below(static_cast<uint64_t>(documents - 1)));
    document += document >= own ? 1 : 0;
  }
  for (int64_t tries = 0; tries <= documents; ++tries, document = (document + 1) % documents) {
    const int64_t first = source_->first_sentence(document);
    const int64_t count = source_->sentence_count(document);
    if (count == 0 || (document == own && documents > 1 && tries < documents - 1)) {
      continue;
    }
    const auto start = static_cast<int64_t>(rng.below(static_cast<uint64_t>(count)));
    for (const int64_t from : {start, int64_t{0}}) {
      Text text = take(first + from, count - from, enough, rng);
      if (!text.ids.empty()) {
        return text;
      }
    }
  }
  throw DataError("text source '" + source_->sidecar() + "' has no sentence to pair with");
}

void Stream::write(const Segment& a, const Segment& b, CounterRng mask_rng, Sample& sample) const {
  std::vector<int32_t> ids = {special_.cls};
  ids.insert(ids.end(), a.text->ids.begin() + a.begin, a.text->ids.begin() + a.end);
  ids.push_back(special_.sep);
  const size_t second = ids.size();
  if (b.text != nullptr) {
    ids.insert(ids.end(), b.text->ids.begin() + b.begin, b.text->ids.begin() + b.end);
    ids.push_back(special_.sep);
  }
  std::vector<int32_t> rows;
  std::vector<int32_t> labels;
  if (masker_) {
    masker_->apply(ids, mask_rng, rows, labels);
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    sample.columns[0].push<int32_t>(ids[i]);
    sample.columns[1].push<int32_t>(i < second ? 0 : 1);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    sample.columns[2].push<int32_t>(rows[i]);
    sample.columns[3].push<int32_t>(labels[i]);
  }
  sample.lengths[0].push_back(static_cast<int32_t>(ids.size()));
}

void Stream::make(int64_t index, int64_t ordinal, Sample& sample) const {
  const bool labelled = config_.labelled();
  sample.reset(2 + (masker_ ? 2 : 0) + (labelled ? 1 : 0), 1);
  CounterRng rng(key_, static_cast<uint64_t>(ordinal));
  const ChunkWalk::Place chunk = chunks_[index];
  const bool is_short = rng.uniform() < config_.short_rate;
  const int64_t enough =
      is_short ? 2 + static_cast<int64_t>(rng.below(static_cast<uint64_t>(room_ - 1))) : room_;
  const Text text = take(chunk.first, chunk.count, enough, rng);
  const auto size = static_cast<int64_t>(text.ids.size());

  Text other;
  Segment a{&text, 0, size};
  Segment b;
  bool label = false;
  if (config_.pair) {
    label = rng.uniform() < (config_.order_swap > 0 ? config_.order_swap : config_.random_rate());
    const bool random = label && config_.order_swap == 0;
    if (!random || text.ends.size() > 1) {
      a.end = split_point(text, rng);
    }
    b = {&text, a.end, size};
    if (random) {
      other = partner(chunk.document, std::max<int64_t>(1, enough - a.size()), rng);
      b = {&other, 0, static_cast<int64_t>(other.ids.size())};
    } else if (label) {
      std::swap(a, b);
    }
  }
  truncate(a, b, room_, rng);
  write(a, b, CounterRng(key_, static_cast<uint64_t>(ordinal), 1), sample);
  if (labelled) {
    sample.columns.back().push<int32_t>(label ? 1 : 0);
  }
}

}  // namespace processor::sentence_pair_detail

void SentencePairConfig::describe(ConfigVisitor& v) {
  v.field("length", length, "Most tokens of a sample, special ones included.",
          {.min = 8, .max = 1 << 20});
  v.field("pair", pair, "Two segments; false: one segment [CLS] A [SEP].");
  v.field(
      "random_next", random_next,
      "Share of pairs whose second segment comes from a random document; default: 0.5, or 0 with "
      "`order_swap` or without `pair`.",
      {.min = 0, .max = 1});
  v.field("order_swap", order_swap, "Share of pairs in swapped order.", {.min = 0, .max = 1});
  v.field("short_rate", short_rate, "Share of samples that are drawn shorter.",
          {.min = 0, .max = 1});
  v.nested("mask", mask, "Masked tokens.");
  v.check(order_swap == 0 || random_next.value_or(0) == 0,
          "`random_next` and `order_swap` exclude each other: both would write pair.label");
  v.check(pair || (order_swap == 0 && random_next.value_or(0) == 0),
          "`random_next` and `order_swap` need `pair: true`");
}

double SentencePairConfig::random_rate() const {
  return random_next.value_or(pair && order_swap == 0 ? 0.5 : 0.0);
}

SentencePairProcessor::SentencePairProcessor(const SentencePairConfig& config,
                                             const ProcessorContext& context)
    : config_(config), context_(context) {
  if (context.tokenizer == nullptr && !context.compose_only) {
    throw ConfigError("processor 'sentence_pair' needs a `tokenizer`, but the recipe has none");
  }
}

std::vector<Field> SentencePairProcessor::fields() const {
  std::vector<Field> fields = {{"text.ids", DType::kInt32, FieldForm::kTokens, "text", {}},
                               {"text.segment", DType::kInt32, FieldForm::kTokens, "text", {}}};
  if (config_.mask.rate > 0) {
    fields.push_back({"mlm.rows", DType::kInt32, FieldForm::kRows, "text", {}});
    fields.push_back({"mlm.labels", DType::kInt32, FieldForm::kItems, "", {}});
  }
  if (config_.labelled()) {
    fields.push_back({"pair.label", DType::kInt32, FieldForm::kSample, "", {}});
  }
  return fields;
}

std::vector<Processor::ViewInfo> SentencePairProcessor::views() const {
  return {{"text", config_.length}};
}

std::unique_ptr<SampleStream> SentencePairProcessor::open(
    std::shared_ptr<const Source> source) const {
  auto text = std::dynamic_pointer_cast<const TextSource>(source);
  if (text == nullptr) {
    throw ConfigError("processor 'sentence_pair' reads text, but the source is of another kind");
  }
  auto stream = std::make_unique<processor::sentence_pair_detail::Stream>(config_, context_, text);
  if (stream->count() == 0) {
    throw DataError("text source '" + text->sidecar() + "' gives no sample: it has " +
                        std::to_string(text->documents()) + " documents and no usable sentence",
                    "expected: text with a sentence a line and a blank line between documents");
  }
  return stream;
}

void register_processor_sentence_pair(Registry& registry) {
  registry.add<Processor, SentencePairProcessor, SentencePairConfig>(
      {"sentence_pair",
       "[CLS] A [SEP] B [SEP] with masked tokens, next-sentence or sentence-order labels.",
       "https://arxiv.org/abs/1810.04805",
       {},
       {}});
}

}  // namespace tpretrain
