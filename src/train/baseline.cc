#include "train/baseline.h"

#include <algorithm>
#include <cmath>

namespace tpretrain {

UnigramBaseline::UnigramBaseline(const TextSource& source, int64_t vocabulary, int64_t limit)
    : nll_(static_cast<size_t>(vocabulary), 0.0) {
  std::vector<int64_t> counts(static_cast<size_t>(vocabulary), 1);
  std::vector<int32_t> ids;
  int64_t total = vocabulary;
  for (int64_t document = 0; document < source.documents() && total < limit; ++document) {
    const int64_t first = source.first_sentence(document);
    for (int64_t s = first; s < first + source.sentence_count(document); ++s) {
      ids.clear();
      source.read(s, 0, source.sentence_length(s), ids);
      for (const int32_t id : ids) {
        ++counts[static_cast<size_t>(id)];
      }
      total += static_cast<int64_t>(ids.size());
    }
  }
  for (size_t i = 0; i < counts.size(); ++i) {
    nll_[i] = -std::log(static_cast<double>(counts[i]) / static_cast<double>(total));
  }
  best_ = std::min_element(nll_.begin(), nll_.end()) - nll_.begin();
}

LossReport UnigramBaseline::evaluate(const std::string& target, const std::string& labels,
                                     const BatchVisitor& batches) const {
  double sum = 0;
  int64_t correct = 0;
  int64_t count = 0;
  batches([&](const Batch& batch) {
    const at::Tensor ids = batch.at(labels).to(at::kLong).contiguous();
    const auto* values = ids.data_ptr<int64_t>();
    for (int64_t i = 0; i < ids.numel(); ++i) {
      sum += nll_.at(static_cast<size_t>(values[i]));
      correct += values[i] == best_ ? 1 : 0;
    }
    count += ids.numel();
  });
  LossReport report;
  if (count > 0) {
    report.loss = sum / static_cast<double>(count);
    report.losses[target] = report.loss;
    report.accuracy[target] = static_cast<double>(correct) / static_cast<double>(count);
  }
  return report;
}

std::map<std::string, LossReport> baselines(const Model& model,
                                            const std::shared_ptr<const Source>& source,
                                            const Tokenizer* tokenizer,
                                            const ValidationSet& validation) {
  const auto text = std::dynamic_pointer_cast<const TextSource>(source);
  if (!text || tokenizer == nullptr) {
    return {};
  }
  LossReport merged;
  std::unique_ptr<UnigramBaseline> unigram;
  for (const auto& target : model.targets()) {
    if (target->token_labels().empty()) {
      continue;
    }
    if (!unigram) {
      unigram = std::make_unique<UnigramBaseline>(*text, tokenizer->size());
    }
    const LossReport report = unigram->evaluate(target->name(), target->token_labels(),
                                                [&](const auto& use) { validation.for_each(use); });
    merged.losses.insert(report.losses.begin(), report.losses.end());
    merged.accuracy.insert(report.accuracy.begin(), report.accuracy.end());
    merged.loss += report.loss;
  }
  return unigram ? std::map<std::string, LossReport>{{"unigram", merged}}
                 : std::map<std::string, LossReport>{};
}

}  // namespace tpretrain
