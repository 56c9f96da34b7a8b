#pragma once

#include <algorithm>
#include <cstdint>

#include "tpretrain/core/source.h"

namespace tpretrain::processor::sentence_pair_detail {

/// Runs of sentences of one document that fill a sample: the geometry of all samples, in order.
/// A run ends when it holds `enough` tokens or its document ends; one of fewer than `least` tokens
/// is left out.
class ChunkWalk {
 public:
  struct Place {
    int64_t document = 0;
    int64_t first = 0;  ///< sentence of all sentences
    int64_t count = 0;
  };

  /// `source` has to outlive the walk.
  ChunkWalk(const TextSource& source, int64_t enough, int64_t least)
      : source_(&source), enough_(enough), least_(least) {}

  bool first(Place& place) const {
    place = {};
    return next(place);
  }

  bool next(Place& place) const {
    int64_t begin = place.first + place.count;
    for (; place.document < source_->documents(); ++place.document) {
      const int64_t start = source_->first_sentence(place.document);
      const int64_t end = start + source_->sentence_count(place.document);
      for (begin = std::max(begin, start); begin < end; begin += place.count) {
        const int64_t tokens = fill(begin, end, place.count);
        if (tokens >= least_) {
          place.first = begin;
          return true;
        }
      }
    }
    return false;
  }

 private:
  /// Tokens of the run from `begin` on, and how many sentences it takes.
  int64_t fill(int64_t begin, int64_t end, int64_t& count) const {
    int64_t tokens = 0;
    int64_t sentence = begin;
    do {
      tokens += source_->sentence_length(sentence++);
    } while (tokens < enough_ && sentence < end);
    count = sentence - begin;
    return tokens;
  }

  const TextSource* source_;
  int64_t enough_;
  int64_t least_;
};

}  // namespace tpretrain::processor::sentence_pair_detail
