#include "ops/positives.h"

#include "ops/op_test.h"

namespace tpretrain::ops::positives_test {

std::vector<int64_t> within(const GroupLists& lists, int64_t owner, int64_t first, int64_t last) {
  const auto found = lists.within(owner, first, last);
  return {found.begin(), found.end()};
}

TEST(GroupLists, ListsTheItemsOfTheGroupOfEachOwnerInOrder) {
  const std::vector<int64_t> owners = {7, -1, 5, 7};
  const std::vector<int64_t> items = {7, 5, 7, -1, 7};
  const GroupLists lists(owners, items);
  const std::vector<std::vector<int64_t>> expected = {{0, 2, 4}, {3}, {1}, {0, 2, 4}};
  for (int64_t owner = 0; owner < 4; ++owner) {
    EXPECT_EQ(within(lists, owner, 0, 5), expected[static_cast<size_t>(owner)]);
    EXPECT_EQ(lists.count(owner), std::ssize(expected[static_cast<size_t>(owner)]));
  }
  EXPECT_EQ(lists.first_lonely(), -1);
}

TEST(GroupLists, CutsAListToARangeOfItems) {
  const std::vector<int64_t> owners = {1};
  const std::vector<int64_t> items = {1, 1, 2, 1, 1};
  const GroupLists lists(owners, items);
  EXPECT_EQ(within(lists, 0, 1, 4), (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(within(lists, 0, 2, 3), (std::vector<int64_t>{}));
  EXPECT_EQ(within(lists, 0, 4, 9), (std::vector<int64_t>{4}));
}

TEST(GroupLists, FindsTheFirstOwnerWithoutItems) {
  const std::vector<int64_t> owners = {1, 3, 2, 4};
  const std::vector<int64_t> items = {2, 1};
  EXPECT_EQ(GroupLists(owners, items).first_lonely(), 1);
  EXPECT_EQ(GroupLists({}, items).first_lonely(), -1);
}

}  // namespace tpretrain::ops::positives_test
