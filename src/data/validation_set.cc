#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "data/batch_maker.h"
#include "data/prefetcher.h"
#include "tpretrain/base/error.h"
#include "tpretrain/data/loader.h"

namespace tpretrain {

ValidationSet::ValidationSet(std::shared_ptr<const SampleStream> stream, std::vector<Field> fields,
                             std::vector<Processor::ViewInfo> views,
                             const ValidationOptions& options)
    : options_(options),
      maker_(std::make_shared<BatchMaker>(std::move(stream), std::move(fields), std::move(views))),
      samples_(maker_->count()) {
  TP_ASSERT(options.micro_batch > 0 && options.samples >= 0 && options.prefetch > 0);
  TP_ASSERT(options.rank >= 0 && options.rank < options.world);
  if (samples_ <= 0) {
    throw DataError("the validation data give no sample", kExpectedSamples);
  }
  if (options.samples > 0) {
    samples_ = std::min(samples_, options.samples);
  }
}

int64_t ValidationSet::micro_batches() const noexcept {
  return (samples_ + options_.micro_batch - 1) / options_.micro_batch;
}

Batch ValidationSet::at(int64_t i) const {
  TP_ASSERT(i >= 0 && i < micro_batches());
  const int64_t end = std::min(samples_, (i + 1) * options_.micro_batch);
  std::vector<SampleId> ids;
  for (int64_t index = i * options_.micro_batch; index < end; ++index) {
    ids.push_back({index, index});
  }
  return maker_->make(ids);
}

void ValidationSet::for_each(const std::function<void(const Batch&)>& use) const {
  const int64_t begin = micro_batches() * options_.rank / options_.world;
  const int64_t end = micro_batches() * (options_.rank + 1) / options_.world;
  if (begin == end) {
    return;
  }
  Prefetcher::Options ahead;
  ahead.threads = options_.threads;
  ahead.ahead = options_.prefetch;
  ahead.first = begin;
  ahead.end = end;
  Prefetcher prefetcher([this](int64_t i, int64_t) { return at(i); }, ahead);
  for (int64_t i = begin; i < end; ++i) {
    use(prefetcher.take(i).front());
  }
}

}  // namespace tpretrain
