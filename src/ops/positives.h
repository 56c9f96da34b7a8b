/// Which pairs of a contrastive loss are positive: those whose group numbers are equal.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace tpretrain::ops {

/// For each owner (a query) the ascending items (keys) of its group. Memory O(owners + items)
/// whatever the number of pairs, order independent of anything but the numbers.
class GroupLists {
 public:
  GroupLists(std::span<const int64_t> owners, std::span<const int64_t> items);

  int64_t count(int64_t owner) const { return static_cast<int64_t>(of(owner).size()); }

  /// The first owner without an item, or -1.
  int64_t first_lonely() const;

  /// Items of one owner in [first, last).
  std::span<const int64_t> within(int64_t owner, int64_t first, int64_t last) const;

 private:
  struct Range {
    int64_t begin;
    int64_t end;
  };

  std::span<const int64_t> of(int64_t owner) const {
    const Range& range = ranges_[static_cast<size_t>(owner)];
    return std::span(items_).subspan(static_cast<size_t>(range.begin),
                                     static_cast<size_t>(range.end - range.begin));
  }

  std::vector<int64_t> items_;  ///< by group, then ascending
  std::vector<Range> ranges_;   ///< of each owner in items_
};

/// int64 [size]; returns it contiguous.
at::Tensor check_groups(const std::string& name, const at::Tensor& groups, const char* dim,
                        int64_t size);

inline std::span<const int64_t> group_span(const at::Tensor& groups) {
  return {groups.const_data_ptr<int64_t>(), static_cast<size_t>(groups.numel())};
}

/// DataError unless every owner has an item.
void check_no_lonely(const GroupLists& lists, const std::string& name, const std::string& others,
                     const at::Tensor& groups);

/// The target of a softmax over candidates: (1 - smoothing) * uniform over the positives +
/// smoothing / candidates.
struct PairTarget {
  double smoothing = 0;
  int64_t candidates = 0;

  double everywhere() const {
    return candidates == 0 ? 0 : smoothing / static_cast<double>(candidates);
  }

  double each(int64_t positives) const { return (1 - smoothing) / static_cast<double>(positives); }
};

void check_smoothing(double smoothing);

}  // namespace tpretrain::ops
