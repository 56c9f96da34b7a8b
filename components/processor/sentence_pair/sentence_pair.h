#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/masking.h"
#include "tpretrain/core/processor.h"

namespace tpretrain {

struct SentencePairConfig {
  int64_t length = 128;
  bool pair = true;
  std::optional<double> random_next;
  double order_swap = 0;
  double short_rate = 0.1;
  MaskConfig mask;

  void describe(ConfigVisitor& v);
  /// The stated rate; 0.5 by default, 0 where it has no place.
  double random_rate() const;

  bool labelled() const { return random_rate() > 0 || order_swap > 0; }
};

/// [CLS] A [SEP] B [SEP] from the sentences of a document, with masked tokens. (Devlin et al. 2019,
/// https://arxiv.org/abs/1810.04805, A.2; order: Lan et al. 2020, https://arxiv.org/abs/1909.11942)
/// Writes:  text.ids, text.segment [T]; mlm.rows, mlm.labels [R] (with a mask rate);
///          pair.label [B] (with random_next or order_swap): 1 = random or swapped
/// Memory:  under half a byte per sample, made by one scan over the sentence lengths when a source
/// is opened
class SentencePairProcessor : public Processor {
 public:
  SentencePairProcessor(const SentencePairConfig& config, const ProcessorContext& context);

  std::vector<Field> fields() const override;
  std::vector<ViewInfo> views() const override;
  std::unique_ptr<SampleStream> open(std::shared_ptr<const Source> source) const override;

 private:
  SentencePairConfig config_;
  ProcessorContext context_;
};

}  // namespace tpretrain
