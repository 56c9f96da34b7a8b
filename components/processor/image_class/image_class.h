#pragma once

#include <memory>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/image_transform.h"
#include "tpretrain/core/processor.h"

namespace tpretrain {

struct ImageClassConfig {
  ImageTransformConfig image;

  void describe(ConfigVisitor& v);
};

/// A picture and its class. (Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929)
/// Writes:  image.pixels [B, size, size, 3] uint8; class.label [B]: index of the class
class ImageClassProcessor : public Processor {
 public:
  ImageClassProcessor(const ImageClassConfig& config, const ProcessorContext& context)
      : config_(config), context_(context) {}

  std::vector<Field> fields() const override;

  std::vector<ViewInfo> views() const override { return {}; }

  std::unique_ptr<SampleStream> open(std::shared_ptr<const Source> source) const override;

 private:
  ImageClassConfig config_;
  ProcessorContext context_;
};

}  // namespace tpretrain
