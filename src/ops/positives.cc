#include "ops/positives.h"

#include <algorithm>
#include <numeric>

#include <c10/util/StringUtil.h>

#include "ops/check.h"
#include "tpretrain/base/error.h"

namespace tpretrain::ops {

GroupLists::GroupLists(std::span<const int64_t> owners, std::span<const int64_t> items)
    : items_(items.size()) {
  const auto group_of = [items](int64_t item) { return items[static_cast<size_t>(item)]; };
  std::iota(items_.begin(), items_.end(), int64_t{0});
  std::ranges::stable_sort(items_, {}, group_of);
  ranges_.reserve(owners.size());
  for (const int64_t group : owners) {
    const auto found = std::ranges::equal_range(items_, group, {}, group_of);
    ranges_.push_back({found.begin() - items_.begin(), found.end() - items_.begin()});
  }
}

int64_t GroupLists::first_lonely() const {
  const auto found =
      std::ranges::find_if(ranges_, [](const Range& range) { return range.begin == range.end; });
  return found == ranges_.end() ? -1 : found - ranges_.begin();
}

std::span<const int64_t> GroupLists::within(int64_t owner, int64_t first, int64_t last) const {
  const std::span<const int64_t> all = of(owner);
  const auto begin = std::lower_bound(all.begin(), all.end(), first);
  return {begin, std::lower_bound(begin, all.end(), last)};
}

at::Tensor check_groups(const std::string& name, const at::Tensor& groups, const char* dim,
                        int64_t size) {
  check_shape(name, groups, {{dim, size}});
  check_dtype(name, groups, at::kLong);
  return groups.contiguous();
}

void check_no_lonely(const GroupLists& lists, const std::string& name, const std::string& others,
                     const at::Tensor& groups) {
  const int64_t lonely = lists.first_lonely();
  if (lonely >= 0) {
    throw DataError(c10::str("`", name, "` must hold groups of `", others, "` only, but element ",
                             lonely, " is ", groups.const_data_ptr<int64_t>()[lonely],
                             " instead."));
  }
}

void check_smoothing(double smoothing) {
  if (!(smoothing >= 0 && smoothing < 1)) {
    fail_argument("smoothing", "in [0, 1)", c10::str(smoothing));
  }
}

}  // namespace tpretrain::ops
