/// The unigram predictor: what a model that knows only how often each token occurs would reach.
/// Every model of text is reported beside it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tpretrain/core/source.h"
#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/loader.h"
#include "tpretrain/train/trainer.h"

namespace tpretrain {

class UnigramBaseline {
 public:
  /// Counts at most `limit` tokens of the training text; every token of the vocabulary gets one
  /// more.
  UnigramBaseline(const TextSource& source, int64_t vocabulary, int64_t limit = 50'000'000);

  /// Mean loss and accuracy on the labels of one target, under the target's name.
  LossReport evaluate(const std::string& target, const std::string& labels,
                      const BatchVisitor& batches) const;

 private:
  std::vector<double> nll_;  ///< per token, in nats
  int64_t best_ = 0;         ///< the most frequent token
};

/// "unigram" for every target that predicts tokens of a text; empty for other models.
std::map<std::string, LossReport> baselines(const Model& model,
                                            const std::shared_ptr<const Source>& source,
                                            const Tokenizer* tokenizer,
                                            const ValidationSet& validation);

}  // namespace tpretrain
