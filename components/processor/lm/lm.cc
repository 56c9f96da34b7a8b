#include "components/processor/lm/lm.h"

#include <algorithm>
#include <utility>

#include "tpretrain/base/error.h"
#include "tpretrain/core/landmarks.h"
#include "tpretrain/core/registry.h"

namespace tpretrain {

namespace processor::lm_detail {

/// Where rows start: the tokens of all documents, one after the other, cut into rows.
class RowWalk {
 public:
  /// A token. The end token of a document stands at its sentence number `sentence_count`.
  struct Place {
    int64_t document = 0;
    int64_t sentence = 0;  ///< in the document
    int64_t offset = 0;    ///< tokens of that sentence before the place
  };

  /// `source` has to outlive the walk.
  RowWalk(const TextSource& source, const LmProcessorConfig& config)
      : source_(&source),
        length_(config.length),
        end_(config.end),
        split_(config.documents == LmProcessorConfig::Documents::kSplit) {}

  bool first(Place& place) const {
    place = {};
    return settle(place);
  }

  bool next(Place& place) const {
    const int64_t document = place.document;
    int64_t left = length_;
    while (left > 0 && !(split_ && place.document != document)) {
      const int64_t step = std::min(left, tokens_at(place) - place.offset);
      place.offset += step;
      left -= step;
      if (!settle(place)) {
        return false;
      }
    }
    return true;
  }

 private:
  int64_t tokens_at(const Place& place) const {
    return place.sentence == source_->sentence_count(place.document)
               ? 1
               : source_->sentence_length(source_->first_sentence(place.document) + place.sentence);
  }

  /// Moves on to the next token unless there is one at `place`; false: there is no more. A document
  /// without a token has no end token either.
  bool settle(Place& place) const {
    for (; place.document < source_->documents(); place = {place.document + 1, 0, 0}) {
      const int64_t first = source_->first_sentence(place.document);
      const int64_t count = source_->sentence_count(place.document);
      const bool empty = place.sentence == 0 && place.offset == 0;
      for (; place.sentence < count; ++place.sentence, place.offset = 0) {
        if (place.offset < source_->sentence_length(first + place.sentence)) {
          return true;
        }
      }
      if (end_ && !empty && place.offset == 0) {
        return true;
      }
    }
    return false;
  }

  const TextSource* source_;
  int64_t length_;
  bool end_;
  bool split_;
};

class Stream : public SampleStream {
 public:
  Stream(const LmProcessorConfig& config, const ProcessorContext& context,
         std::shared_ptr<const TextSource> source)
      : config_(config), source_(std::move(source)), rows_(RowWalk(*source_, config)) {
    if (config.end) {
      end_ = context.tokenizer->require(context.tokenizer->special().sep, "[SEP]");
    }
  }

  int64_t count() const override { return rows_.size(); }

  void make(int64_t index, int64_t ordinal, Sample& sample) const override;

 private:
  void read(const RowWalk::Place& place, int64_t most, std::vector<int32_t>& ids) const;
  int32_t write(const std::vector<int32_t>& ids, int64_t room, int32_t row, Sample& sample) const;

  LmProcessorConfig config_;
  std::shared_ptr<const TextSource> source_;
  Landmarks<RowWalk> rows_;
  int32_t end_ = 0;
};

/// At most `most` tokens of one document from `place` on, its end token included.
void Stream::read(const RowWalk::Place& place, int64_t most, std::vector<int32_t>& ids) const {
  const int64_t first = source_->first_sentence(place.document);
  const int64_t count = source_->sentence_count(place.document);
  ids.clear();
  int64_t offset = place.offset;
  for (int64_t i = place.sentence; i < count && static_cast<int64_t>(ids.size()) < most; ++i) {
    const int64_t room = most - static_cast<int64_t>(ids.size());
    const int64_t stop = std::min(source_->sentence_length(first + i), offset + room);
    source_->read(first + i, offset, stop, ids);
    offset = 0;
  }
  const bool at_end = count > 0 && place.sentence == count;
  if (config_.end && static_cast<int64_t>(ids.size()) < most && (at_end || !ids.empty())) {
    ids.push_back(end_);
  }
}

/// One sequence of at most `room` tokens; a further one in `ids` serves as label only.
int32_t Stream::write(const std::vector<int32_t>& ids, int64_t room, int32_t row,
                      Sample& sample) const {
  const auto tokens = static_cast<int32_t>(std::min<int64_t>(room, std::ssize(ids)));
  for (int32_t i = 0; i < tokens; ++i) {
    sample.columns[0].push<int32_t>(ids[i]);
    if (i + 1 < std::ssize(ids)) {
      sample.columns[1].push<int32_t>(row + i);
      sample.columns[2].push<int32_t>(ids[i + 1]);
    }
  }
  sample.lengths[0].push_back(tokens);
  return tokens;
}

void Stream::make(int64_t index, int64_t, Sample& sample) const {
  sample.reset(3, 1);
  RowWalk::Place place = rows_[index];
  std::vector<int32_t> ids;
  int32_t row = 0;
  while (row < config_.length && place.document < source_->documents()) {
    const int64_t room = config_.length - row;
    read(place, room + 1, ids);
    if (!ids.empty()) {
      row += write(ids, room, row, sample);
    }
    if (config_.documents == LmProcessorConfig::Documents::kSplit) {
      break;
    }
    place = {place.document + 1, 0, 0};
  }
}

}  // namespace processor::lm_detail

void LmProcessorConfig::describe(ConfigVisitor& v) {
  v.field("length", length, "Tokens of a sample.", {.min = 2, .max = 1 << 20});
  v.choice("documents", documents,
           "Rows hold several documents, each a sequence of its own; or one document each.",
           {"pack", "split"});
  v.field("end", end, "The separator token of the vocabulary after each document.");
}

LmProcessor::LmProcessor(const LmProcessorConfig& config, const ProcessorContext& context)
    : config_(config), context_(context) {
  if (config.end && context.tokenizer == nullptr && !context.compose_only) {
    throw ConfigError(
        "processor 'lm' needs a `tokenizer` for its end token, but the recipe has none");
  }
}

std::vector<Field> LmProcessor::fields() const {
  return {{"text.ids", DType::kInt32, FieldForm::kTokens, "text", {}},
          {"lm.rows", DType::kInt32, FieldForm::kRows, "text", {}},
          {"lm.labels", DType::kInt32, FieldForm::kItems, "", {}}};
}

std::vector<Processor::ViewInfo> LmProcessor::views() const {
  return {{"text", config_.length}};
}

std::unique_ptr<SampleStream> LmProcessor::open(std::shared_ptr<const Source> source) const {
  auto text = std::dynamic_pointer_cast<const TextSource>(source);
  if (text == nullptr) {
    throw ConfigError("processor 'lm' reads text, but the source is of another kind");
  }
  auto stream = std::make_unique<processor::lm_detail::Stream>(config_, context_, text);
  if (stream->count() == 0) {
    throw DataError("text source '" + text->sidecar() + "' gives no sample: it has " +
                        std::to_string(text->documents()) + " documents and no token",
                    "expected: text with a sentence a line and a blank line between documents");
  }
  return stream;
}

void register_processor_lm(Registry& registry) {
  registry.add<Processor, LmProcessor, LmProcessorConfig>(
      {"lm",
       "Rows of consecutive tokens with the next token as label; documents stay apart.",
       "https://cdn.openai.com/better-language-models/"
       "language_models_are_unsupervised_multitask_learners.pdf",
       {},
       {}});
}

}  // namespace tpretrain
