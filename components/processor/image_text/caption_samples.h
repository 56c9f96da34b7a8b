#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tpretrain/core/source.h"

namespace tpretrain::processor::image_text_detail {

/// Which item and caption a sample is made of. Items without a caption give no sample.
class CaptionSamples {
 public:
  struct Place {
    int64_t item;
    int64_t caption;  ///< 0 unless every caption is a sample
  };

  /// `each`: one sample a caption; else one an item.
  CaptionSamples(const ItemSource& source, bool each) {
    bool plain = true;
    for (int64_t item = 0; item < source.items(); ++item) {
      const int64_t captions = source.caption_count(item);
      plain = plain && captions > 0 && (captions == 1 || !each);
      missing_ += captions > 0 ? 0 : 1;
      if (captions == 0 && named_.size() < kNamed) {
        named_.push_back(item);
      }
      starts_.push_back(starts_.back() + (each ? captions : std::min<int64_t>(captions, 1)));
    }
    count_ = starts_.back();
    if (plain) {
      starts_ = {};  // sample i is item i
    }
    starts_.shrink_to_fit();
  }

  int64_t count() const { return count_; }

  Place operator[](int64_t sample) const {
    if (starts_.empty()) {
      return {sample, 0};
    }
    const auto above = std::upper_bound(starts_.begin(), starts_.end(), sample);
    const int64_t item = above - starts_.begin() - 1;
    return {item, sample - starts_[static_cast<size_t>(item)]};
  }

  /// Items without a caption.
  int64_t missing() const { return missing_; }

  /// The first of them.
  const std::vector<int64_t>& named() const { return named_; }

 private:
  static constexpr size_t kNamed = 3;

  std::vector<int64_t> starts_ = {0};  ///< first sample of each item; empty when that is its number
  int64_t count_ = 0;
  int64_t missing_ = 0;
  std::vector<int64_t> named_;
};

}  // namespace tpretrain::processor::image_text_detail
