#include "components/processor/image_class/image_class.h"

#include <algorithm>
#include <utility>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/core/substitutes.h"

namespace tpretrain {

namespace processor::image_class_detail {

class Stream : public SampleStream {
 public:
  Stream(const ImageClassConfig& config, const ProcessorContext& context,
         std::shared_ptr<const ItemSource> source)
      : transform_(config.image),
        training_(context.training),
        key_(hash64(context.seed, hash64("image_class"))),
        source_(std::move(source)),
        classes_(static_cast<int64_t>(source_->classes().size())),
        substitutes_(source_->bad_items()) {
    require_labels();
  }

  int64_t count() const override { return source_->items(); }

  void make(int64_t index, int64_t ordinal, Sample& sample) const override {
    substitutes_.make(index, count(), [&](int64_t i) { make_one(i, ordinal, sample); });
  }

 private:
  void make_one(int64_t index, int64_t ordinal, Sample& sample) const;
  void require_labels() const;

  ImageTransform transform_;
  bool training_;
  uint64_t key_;
  std::shared_ptr<const ItemSource> source_;
  int64_t classes_;  ///< 0: the source does not know
  Substitutes substitutes_;
};

/// A source without classes is a mistake in the recipe, not a bad item after another.
void Stream::require_labels() const {
  constexpr int64_t kLooked = 64;
  const int64_t looked = std::min(kLooked, source_->items());
  bool any_read = looked == 0;
  for (int64_t i = 0; i < looked; ++i) {
    try {
      if (source_->read(i).label) {
        return;
      }
      any_read = true;
    } catch (const DataError&) {
      continue;  // counted when it is used
    }
  }
  if (any_read) {
    throw DataError("the source '" + source_->sidecar() + "' gives no sample: none of its first " +
                        std::to_string(looked) + " items has a class",
                    "expected: 000017.jpg with 000017.cls in a shard, a column `label` in a table, "
                    "or a sub-folder for each class in an image_folder");
  }
}

void Stream::make_one(int64_t index, int64_t ordinal, Sample& sample) const {
  sample.reset(2, 0);
  const Item item = source_->read(index);
  if (!item.label || *item.label < 0 || (classes_ > 0 && *item.label >= classes_)) {
    throw DataError("the item '" + item.name + "' has " +
                    (item.label ? "the class " + std::to_string(*item.label) +
                                      ", which does not "
                                      "exist"
                                : "no class"));
  }
  if (item.image == nullptr) {
    throw DataError("the item '" + item.name + "' has no picture");
  }
  thread_local ImageScratch scratch;  // buffers of the worker, nothing is read back from them
  std::vector<uint8_t>& pixels = sample.columns[0].bytes;
  pixels.resize(static_cast<size_t>(transform_.size() * transform_.size() * 3));
  transform_.apply(*item.image, key_, ordinal, training_, scratch, pixels.data());
  sample.columns[1].push<int64_t>(*item.label);
}

}  // namespace processor::image_class_detail

void ImageClassConfig::describe(ConfigVisitor& v) {
  v.nested("image", image, "From the picture as stored to the square that the model sees.");
}

std::vector<Field> ImageClassProcessor::fields() const {
  const int64_t size = config_.image.size;
  return {{"image.pixels", DType::kUint8, FieldForm::kSample, "", {size, size, 3}},
          {"class.label", DType::kInt64, FieldForm::kSample, "", {}}};
}

std::unique_ptr<SampleStream> ImageClassProcessor::open(
    std::shared_ptr<const Source> source) const {
  auto items = std::dynamic_pointer_cast<const ItemSource>(source);
  if (items == nullptr) {
    throw ConfigError(
        "processor 'image_class' reads pictures with classes, but the source is of another kind",
        "sources of pictures: shards, image_folder, table, json_lines");
  }
  return std::make_unique<processor::image_class_detail::Stream>(config_, context_, items);
}

void register_processor_image_class(Registry& registry) {
  registry.add<Processor, ImageClassProcessor, ImageClassConfig>(
      {"image_class", "A picture and its class.", "https://arxiv.org/abs/2010.11929", {}, {}});
}

}  // namespace tpretrain
