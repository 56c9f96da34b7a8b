#include "components/processor/image_text/image_text.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "components/processor/image_text/caption_samples.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/base/text.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/core/substitutes.h"

namespace tpretrain {

namespace processor::image_text_detail {

constexpr const char* kHole = "{}";

/// Captions to ids: what stands around them and how long they may be.
class CaptionEncoder {
 public:
  CaptionEncoder(const CaptionTextConfig& config, std::shared_ptr<const Tokenizer> tokenizer)
      : config_(config), tokenizer_(std::move(tokenizer)) {
    const SpecialIds& special = tokenizer_->special();
    if (config.begin) {
      begin_ = tokenizer_->require(special.bos ? special.bos : special.cls, "beginning or [CLS]");
    }
    if (config.end) {
      end_ = tokenizer_->require(special.eos ? special.eos : special.sep, "end or [SEP]");
    }
    if (config.pad) {
      pad_ = tokenizer_->require(special.pad, "padding");
    }
  }

  /// The end token stays the last id of a text that is cut: its hidden state may be the feature.
  std::vector<int32_t> encode(const std::string& caption) const {
    std::vector<int32_t> ids;
    if (begin_) {
      ids.push_back(*begin_);
    }
    std::string text = config_.prompt;
    tokenizer_->encode(text.replace(text.find(kHole), 2, caption), ids);
    const auto most = static_cast<size_t>(config_.length - (end_ ? 1 : 0));
    ids.resize(std::min(ids.size(), most));
    if (end_) {
      ids.push_back(*end_);
    }
    if (pad_) {
      ids.resize(static_cast<size_t>(config_.length), *pad_);
    }
    return ids;
  }

 private:
  CaptionTextConfig config_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::optional<int32_t> begin_;
  std::optional<int32_t> end_;
  std::optional<int32_t> pad_;
};

class Stream : public SampleStream {
 public:
  Stream(const ImageTextConfig& config, const ProcessorContext& context,
         std::shared_ptr<const ItemSource> source)
      : config_(config),
        encoder_(config.text, context.tokenizer),
        transform_(config.image),
        training_(context.training),
        key_(hash64(context.seed, hash64("image_text"))),
        augment_key_(hash64(key_, hash64("augment"))),
        source_(std::move(source)),
        samples_(*source_, config.caption == ImageTextConfig::Caption::kEach),
        substitutes_(source_->bad_items()) {
    report_missing();
  }

  int64_t count() const override { return samples_.count(); }

  void make(int64_t index, int64_t ordinal, Sample& sample) const override {
    substitutes_.make(index, count(), [&](int64_t i) { make_one(i, ordinal, sample); });
  }

 private:
  void make_one(int64_t index, int64_t ordinal, Sample& sample) const;
  const std::string& choose(const Item& item, int64_t caption, int64_t ordinal) const;
  std::string name_of(int64_t item) const;
  void report_missing() const;

  ImageTextConfig config_;
  CaptionEncoder encoder_;
  ImageTransform transform_;
  bool training_;
  uint64_t key_;
  uint64_t augment_key_;
  std::shared_ptr<const ItemSource> source_;
  CaptionSamples samples_;
  Substitutes substitutes_;
};

std::string Stream::name_of(int64_t item) const {
  try {
    return "'" + source_->read(item).name + "'";
  } catch (const DataError&) {
    return "number " + std::to_string(item);
  }
}

void Stream::report_missing() const {
  if (samples_.missing() == 0) {
    return;
  }
  std::vector<std::string> names;
  for (const int64_t item : samples_.named()) {
    names.push_back(name_of(item));
  }
  const std::string message = with_commas(samples_.missing()) + " of " +
                              with_commas(source_->items()) + " items have no caption, first " +
                              join(names, ", ");
  if (source_->bad_items() == BadItems::kError) {
    throw DataError(message, "`bad_items: skip` leaves such items out and counts them");
  }
  log::warn("data", message + "; they are left out");
}

const std::string& Stream::choose(const Item& item, int64_t caption, int64_t ordinal) const {
  size_t chosen = static_cast<size_t>(caption);
  if (config_.caption == ImageTextConfig::Caption::kDraw && item.captions.size() > 1) {
    CounterRng rng(key_, static_cast<uint64_t>(ordinal));
    chosen = rng.below(item.captions.size());
  }
  if (chosen >= item.captions.size() || item.captions[chosen].empty()) {
    throw DataError("the item '" + item.name + "' has no caption");
  }
  return item.captions[chosen];
}

void Stream::make_one(int64_t index, int64_t ordinal, Sample& sample) const {
  sample.reset(3, 1);
  const CaptionSamples::Place place = samples_[index];
  const Item item = source_->read(place.item);
  const std::vector<int32_t> ids = encoder_.encode(choose(item, place.caption, ordinal));
  if (ids.empty()) {
    throw DataError("the caption of '" + item.name + "' has no token");
  }
  if (item.image == nullptr) {
    throw DataError("the item '" + item.name + "' has no picture");
  }
  thread_local ImageScratch scratch;  // buffers of the worker, nothing is read back from them
  std::vector<uint8_t>& pixels = sample.columns[0].bytes;
  pixels.resize(static_cast<size_t>(transform_.size() * transform_.size() * 3));
  transform_.apply(*item.image, augment_key_, ordinal, training_, scratch, pixels.data());
  for (const int32_t id : ids) {
    sample.columns[1].push<int32_t>(id);
  }
  sample.lengths[0].push_back(static_cast<int32_t>(ids.size()));
  sample.columns[2].push<int64_t>(place.item);
}

}  // namespace processor::image_text_detail

void CaptionTextConfig::describe(ConfigVisitor& v) {
  v.field("length", length, "Most tokens of a caption, special ones included.",
          {.min = 2, .max = 1 << 20});
  v.field("begin", begin, "A token before the caption: the vocabulary's beginning, else [CLS].");
  v.field("end", end,
          "A token behind it: the vocabulary's end, else [SEP]; kept when text is cut.");
  v.field("pad", pad, "Padding up to `length`, which is attended to like any token (SigLIP).");
  v.field("prompt", prompt, "Text around the caption, which takes the place of {}.");
  v.check(prompt.find("{}") != std::string::npos, "`prompt` must hold {}: 'a photo of a {}.'");
}

void ImageTextConfig::describe(ConfigVisitor& v) {
  v.nested("image", image, "From the picture as stored to the square that the model sees.");
  v.nested("text", text, "From the caption to tokens.");
  v.choice("caption", caption,
           "Of several captions. draw: one at random; each: all, a sample each; first.",
           {"draw", "each", "first"});
}

ImageTextProcessor::ImageTextProcessor(const ImageTextConfig& config,
                                       const ProcessorContext& context)
    : config_(config), context_(context) {
  if (context.tokenizer == nullptr && !context.compose_only) {
    throw ConfigError("processor 'image_text' needs a `tokenizer`, but the recipe has none");
  }
}

std::vector<Field> ImageTextProcessor::fields() const {
  const int64_t size = config_.image.size;
  return {{"image.pixels", DType::kUint8, FieldForm::kSample, "", {size, size, 3}},
          {"text.ids", DType::kInt32, FieldForm::kTokens, "text", {}},
          {"pair.id", DType::kInt64, FieldForm::kSample, "", {}}};
}

std::vector<Processor::ViewInfo> ImageTextProcessor::views() const {
  return {{"text", config_.text.length}};
}

std::unique_ptr<SampleStream> ImageTextProcessor::open(std::shared_ptr<const Source> source) const {
  auto items = std::dynamic_pointer_cast<const ItemSource>(source);
  if (items == nullptr) {
    throw ConfigError(
        "processor 'image_text' reads pictures with captions, but the source is of another kind",
        "sources of pictures: shards, image_folder, table, json_lines");
  }
  auto stream = std::make_unique<processor::image_text_detail::Stream>(config_, context_, items);
  if (stream->count() == 0) {
    throw DataError("the source '" + items->sidecar() + "' gives no sample: none of its " +
                        with_commas(items->items()) + " items has a caption",
                    "expected: 000017.jpg with 000017.txt in a shard, a column `caption` in a "
                    "table, or `caption: name` for an image_folder");
  }
  return stream;
}

void register_processor_image_text(Registry& registry) {
  registry.add<Processor, ImageTextProcessor, ImageTextConfig>(
      {"image_text",
       "A picture and one of its captions.",
       "https://arxiv.org/abs/2103.00020",
       {},
       {}});
}

}  // namespace tpretrain
