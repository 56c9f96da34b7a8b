#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/image_transform.h"
#include "tpretrain/core/processor.h"

namespace tpretrain {

struct CaptionTextConfig {
  int64_t length = 77;
  bool begin = true;
  bool end = true;
  bool pad = false;
  std::string prompt = "{}";

  void describe(ConfigVisitor& v);
};

struct ImageTextConfig {
  enum class Caption { kDraw, kEach, kFirst };

  ImageTransformConfig image;
  CaptionTextConfig text;
  Caption caption = Caption::kDraw;

  void describe(ConfigVisitor& v);
};

/// A picture and one of its captions. (Radford et al. 2021, https://arxiv.org/abs/2103.00020, 2.2)
/// Writes:  image.pixels [B, size, size, 3] uint8; text.ids [T]; pair.id [B]: number of the item,
/// so
///          that two samples of one item can be told from two that do not belong together
/// Memory:  8 bytes per item, nothing where every item has one sample
class ImageTextProcessor : public Processor {
 public:
  ImageTextProcessor(const ImageTextConfig& config, const ProcessorContext& context);

  std::vector<Field> fields() const override;
  std::vector<ViewInfo> views() const override;
  std::unique_ptr<SampleStream> open(std::shared_ptr<const Source> source) const override;

 private:
  ImageTextConfig config_;
  ProcessorContext context_;
};

}  // namespace tpretrain
