#pragma once

#include <cstdint>
#include <vector>

#include "tpretrain/core/source.h"

namespace tpretrain::processor::sentence_pair_detail {

/// Runs of sentences of one document that fill a sample: the geometry of all samples.
class Chunks {
 public:
  struct Chunk {
    int64_t first;  ///< sentence
    int64_t count;
  };

  /// A run ends when it holds `enough` tokens or its document ends; one of fewer than `least`
  /// tokens is left out.
  Chunks(const TextSource& source, int64_t enough, int64_t least) {
    for (int64_t document = 0; document < source.documents(); ++document) {
      const int64_t first = source.first_sentence(document);
      add_document(source, first, first + source.sentence_count(document), enough, least);
    }
    packed_.shrink_to_fit();
  }

  int64_t size() const { return static_cast<int64_t>(packed_.size()); }

  Chunk operator[](int64_t index) const {
    const uint64_t packed = packed_[static_cast<size_t>(index)];
    return {static_cast<int64_t>(packed >> kCountBits), static_cast<int64_t>(packed & kMaxCount)};
  }

 private:
  static constexpr int kCountBits = 24;
  static constexpr int64_t kMaxCount = (int64_t{1} << kCountBits) - 1;

  void add_document(const TextSource& source, int64_t begin, int64_t end, int64_t enough,
                    int64_t least) {
    int64_t first = begin;
    int64_t tokens = 0;
    for (int64_t sentence = begin; sentence < end; ++sentence) {
      tokens += source.sentence_length(sentence);
      const int64_t count = sentence + 1 - first;
      if (tokens < enough && sentence + 1 < end && count < kMaxCount) {
        continue;
      }
      if (tokens >= least) {
        packed_.push_back(static_cast<uint64_t>(first) << kCountBits |
                          static_cast<uint64_t>(count));
      }
      first = sentence + 1;
      tokens = 0;
    }
  }

  std::vector<uint64_t> packed_;
};

}  // namespace tpretrain::processor::sentence_pair_detail
