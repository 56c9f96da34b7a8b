/// What processors of pictures share: another sample in place of one that cannot be made.
/// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "tpretrain/core/source.h"

namespace tpretrain {

/// Which sample stands in is a function of the data alone: the next one that can be made.
/// Thread-safe.
class Substitutes {
 public:
  explicit Substitutes(BadItems policy) : policy_(policy) {}

  /// Makes sample `index` of `count`. Where `make` throws DataError the samples behind it are
  /// tried, at most 64 of them, from the first again after the last. Each sample that fails is
  /// counted and logged once. Errors: that of the first one with BadItems::kError, DataError when
  /// all tries failed.
  void make(int64_t index, int64_t count, const std::function<void(int64_t index)>& make) const;

  /// Samples that could not be made so far.
  int64_t failed() const;

 private:
  void note(int64_t index, const std::string& what) const;

  BadItems policy_;
  mutable std::mutex mutex_;
  mutable std::set<int64_t> failed_;
};

}  // namespace tpretrain
