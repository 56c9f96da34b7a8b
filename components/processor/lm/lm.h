#pragma once

#include <memory>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/processor.h"

namespace tpretrain {

struct LmProcessorConfig {
  enum class Documents { kPack, kSplit };

  int64_t length = 512;
  Documents documents = Documents::kPack;
  bool end = true;

  void describe(ConfigVisitor& v);
};

/// Rows of consecutive tokens with the next token as label. Documents never see each other: each is
/// a sequence of its own in the row. (Radford et al. 2019, "Language models are unsupervised
/// multitask learners", 2)
/// Writes:  text.ids [T]; lm.rows [R]: tokens that have a next one in their document;
///          lm.labels [R]
/// Memory:  under half a byte per sample, made by one scan over the sentence lengths when a source
///          is opened
class LmProcessor : public Processor {
 public:
  LmProcessor(const LmProcessorConfig& config, const ProcessorContext& context);

  std::vector<Field> fields() const override;
  std::vector<ViewInfo> views() const override;
  std::unique_ptr<SampleStream> open(std::shared_ptr<const Source> source) const override;

 private:
  LmProcessorConfig config_;
  ProcessorContext context_;
};

}  // namespace tpretrain
