#include "tpretrain/core/sequence.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

#include <gtest/gtest.h>

#include "tests/core/support.h"

namespace tpretrain {
namespace {

/// Sequences of 3, 0 and 2 tokens of the view `text`, each behind `prefix` rows.
Sequence with_prefix(int32_t prefix) {
  Sequence sequence;
  sequence.layout.view = "text";
  sequence.layout.prefix = prefix;
  sequence.layout.offsets = at::tensor({0, 3 + prefix, 3 + 2 * prefix, 5 + 3 * prefix}, at::kInt);
  return sequence;
}

void expect_rows(int32_t prefix, const std::vector<int32_t>& expected) {
  const at::Tensor rows = at::tensor({0, 2, 3, 4}, at::kInt);
  const at::Tensor mapped = with_prefix(prefix).rows("text", rows);
  EXPECT_TRUE(at::equal(mapped, at::tensor(expected, at::kInt))) << mapped;
}

TEST(Sequence, RowsWithoutAPrefixAreTheViewsTokens) {
  expect_rows(0, {0, 2, 3, 4});
}

TEST(Sequence, RowsSkipThePrefixOfEverySequenceBefore) {
  // x: c t0 t1 t2 | c | c t3 t4
  expect_rows(1, {1, 3, 6, 7});
  // x: c c t0 t1 t2 | c c | c c t3 t4
  expect_rows(2, {2, 4, 9, 10});
}

TEST(Sequence, RowsOfAnotherViewAreAnError) {
  const auto ask = [] { with_prefix(0).rows("image", at::tensor({0}, at::kInt)); };
  EXPECT_EQ(testing::error_of<ShapeError>(ask),
            "rows of view 'image' are asked for, but the sequence holds view 'text'");
}

TEST(Layout, CountsTokensAndSequences) {
  Layout layout;
  EXPECT_FALSE(layout.defined());
  layout.offsets = at::tensor({0, 3, 5}, at::kInt);
  layout.positions = at::tensor({0, 1, 2, 0, 1}, at::kInt);
  EXPECT_TRUE(layout.defined());
  EXPECT_EQ(layout.tokens(), 5);
  EXPECT_EQ(layout.sequences(), 2);
}

}  // namespace
}  // namespace tpretrain
