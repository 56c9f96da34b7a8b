#include "ops/op_test.h"

namespace tpretrain::ops::token_index_test {

TEST(TokenIndex, OneSequenceASample) {
  const auto [positions, keys] =
      token_index(at::tensor({0, 2, 2, 5}, at::kInt), {},
                  at::tensor({int64_t{7}, int64_t{8}, int64_t{1} << 40}, at::kLong));
  EXPECT_TRUE(at::equal(positions, at::tensor({0, 1, 0, 1, 2}, at::kInt)));
  const int64_t big = int64_t{1} << 62;
  EXPECT_TRUE(at::equal(
      keys,
      at::tensor({int64_t{7} << 22, (int64_t{7} << 22) + 1, big, big + 1, big + 2}, at::kLong)));
}

TEST(TokenIndex, KeysRunOnOverTheSequencesOfASample) {
  const auto [positions, keys] =
      token_index(at::tensor({0, 2, 3, 5}, at::kInt), at::tensor({0, 1, 0}, at::kInt),
                  at::tensor({0, 1}, at::kLong));
  EXPECT_TRUE(at::equal(positions, at::tensor({0, 1, 0, 0, 1}, at::kInt)));
  EXPECT_TRUE(at::equal(keys, at::tensor({0, 1, 1 << 22, 2, 3}, at::kLong)));
}

TEST(TokenIndex, NoSequencesGiveNoTokens) {
  const auto [positions, keys] =
      token_index(at::tensor({0}, at::kInt), {}, at::empty({0}, at::kLong));
  EXPECT_EQ(positions.size(0), 0);
  EXPECT_EQ(keys.size(0), 0);
}

TEST(TokenIndex, NamesTheArgumentThatDoesNotFit) {
  const Tensor ordinal = at::tensor({1, 2}, at::kLong);
  EXPECT_EQ(thrown<ShapeError>([&] {
              token_index(at::tensor({0, 2}, at::kInt), {}, ordinal);
            }),
            "`ordinal` must be [S] with S = 1 when `sample` is absent, but is [2] instead.");
  EXPECT_EQ(thrown<DataError>([&] {
              token_index(at::tensor({0, 2}, at::kInt), at::tensor({2}, at::kInt), ordinal);
            }),
            "`sample` must be in [0, 2), but element 0 is 2 instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              token_index(at::tensor({0, 3, 2}, at::kInt), {}, ordinal);
            }),
            "`offsets` must be ascending from 0, but is not instead.");
  EXPECT_EQ(thrown<ShapeError>([&] { token_index(at::empty({0}, at::kInt), {}, ordinal); }),
            "`offsets` must be ascending from 0, but is empty instead.");
}

}  // namespace tpretrain::ops::token_index_test
