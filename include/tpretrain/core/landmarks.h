/// The i-th place of a sequence that is quick to walk and too long to keep. Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tpretrain {

/// Walks the whole sequence once and keeps every 64th place; any other is walked to from there.
/// Memory: sizeof(Place) / 64 bytes per place. Thread-safe once made, as far as `Walk` is.
///
/// Walk:  using Place = ...;
///        bool first(Place&) const;  // sets the first place; false: there is none
///        bool next(Place&) const;   // moves on; false: that was the last
template <typename Walk>
class Landmarks {
 public:
  using Place = typename Walk::Place;

  explicit Landmarks(Walk walk) : walk_(std::move(walk)) {
    Place place{};
    for (bool more = walk_.first(place); more; more = walk_.next(place)) {
      if (size_ % kStride == 0) {
        kept_.push_back(place);
      }
      ++size_;
    }
    kept_.shrink_to_fit();
  }

  int64_t size() const { return size_; }

  /// `index` in [0, size).
  Place operator[](int64_t index) const {
    Place place = kept_[static_cast<size_t>(index / kStride)];
    for (int64_t steps = index % kStride; steps > 0; --steps) {
      walk_.next(place);
    }
    return place;
  }

 private:
  static constexpr int64_t kStride = 64;

  Walk walk_;
  int64_t size_ = 0;
  std::vector<Place> kept_;
};

}  // namespace tpretrain
