/// Which sample stands where: the order of a run is a pure function of (count, seed), so any place
/// in it is found directly and there is no shuffle buffer to save. Torch-free.
#pragma once

#include <cstdint>

namespace tpretrain {

/// A sample slot of a run.
struct SampleId {
  int64_t index = 0;    ///< which sample of the stream
  int64_t ordinal = 0;  ///< samples consumed before this one: the key of its draws
};

/// Ordinals stay below this, so that `ordinal << 22 | token` fits a token key.
inline constexpr int64_t kMaxOrdinal = int64_t{1} << 41;

/// Training order: every epoch visits each sample once, in an order of its own. Epochs follow one
/// another without a gap, so that a step may end one and begin the next.
class Sampler {
 public:
  /// Errors: DataError when `count` is not positive.
  Sampler(int64_t count, uint64_t seed);

  /// O(1). Errors: DataError when the run is longer than kMaxOrdinal samples.
  SampleId at(int64_t ordinal) const;

  int64_t count() const noexcept { return count_; }

 private:
  int64_t count_;
  uint64_t key_;
};

}  // namespace tpretrain
