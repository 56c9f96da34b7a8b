/// From sample slots to a batch. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "tpretrain/core/processor.h"
#include "tpretrain/data/collate.h"
#include "tpretrain/data/sampler.h"

namespace tpretrain {

/// Hint of an error about data that give no sample.
inline constexpr const char* kExpectedSamples =
    "expected: text with a sentence a line and a blank line between documents, or pictures with "
    "captions or classes, such as 000017.jpg with 000017.txt or 000017.cls in a shard";

class BatchMaker {
 public:
  BatchMaker(std::shared_ptr<const SampleStream> stream, std::vector<Field> fields,
             std::vector<Processor::ViewInfo> views);

  /// Errors: those of the stream, with the index and ordinal of the sample.
  Batch make(std::span<const SampleId> ids) const;

  int64_t count() const { return stream_->count(); }

 private:
  /// Samples whose memory is used again: one list per thread at work.
  struct Scratch {
    std::vector<Sample> samples;
    std::vector<int64_t> ordinals;
  };

  std::unique_ptr<Scratch> take() const;
  void give_back(std::unique_ptr<Scratch> scratch) const;
  void make_sample(SampleId id, Sample& sample) const;

  std::shared_ptr<const SampleStream> stream_;
  Collator collator_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> idle_;
};

}  // namespace tpretrain
