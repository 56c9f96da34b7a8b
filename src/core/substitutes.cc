#include "tpretrain/core/substitutes.h"

#include <algorithm>

#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"

namespace tpretrain {

namespace {

constexpr int64_t kTries = 64;
constexpr size_t kNamed = 1000;  // a set of which nothing reads would fill the disk with lines

}  // namespace

void Substitutes::make(int64_t index, int64_t count,
                       const std::function<void(int64_t index)>& make) const {
  const int64_t tries = std::min(kTries, count);
  std::string last;
  for (int64_t i = 0; i < tries; ++i) {
    const int64_t sample = (index + i) % count;
    try {
      make(sample);
      return;
    } catch (const DataError& error) {
      if (policy_ == BadItems::kError) {
        throw;
      }
      last = error.what();
      note(sample, last);
    }
  }
  throw DataError("none of the " + std::to_string(tries) + " samples from number " +
                  std::to_string(index) + " on can be made; the last: " + last);
}

void Substitutes::note(int64_t index, const std::string& what) const {
  size_t failed = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!failed_.insert(index).second) {
      return;
    }
    failed = failed_.size();
  }
  if (failed <= kNamed) {
    log::warn("data", "sample " + std::to_string(index) + " is left out, the next one stands in (" +
                          std::to_string(failed) + " so far): " + what);
  }
  if (failed == kNamed) {
    log::warn("data", "further samples that are left out are not named");
  }
}

int64_t Substitutes::failed() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(failed_.size());
}

}  // namespace tpretrain
