#include "tpretrain/dist/tree_sum.h"

#include <cmath>
#include <cstring>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/dist/communicator.h"

namespace tpretrain {
namespace {

constexpr int64_t kSize = 37;
using Leaf = std::vector<float>;

/// Values of very different size, so that the order of additions shows in the bits.
std::vector<Leaf> random_leaves(size_t count) {
  std::vector<Leaf> leaves(count, Leaf(kSize));
  for (size_t i = 0; i < count; ++i) {
    CounterRng rng(9, i);
    for (float& x : leaves[i]) {
      x = static_cast<float>(rng.normal() * std::pow(10.0, 6 * rng.uniform()));
    }
  }
  return leaves;
}

/// The sum of leaves [begin, end), halves first.
Leaf pairwise(const std::vector<Leaf>& leaves, size_t begin, size_t end) {
  if (end - begin == 1) {
    return leaves[begin];
  }
  const size_t middle = begin + (end - begin) / 2;
  Leaf left = pairwise(leaves, begin, middle);
  const Leaf right = pairwise(leaves, middle, end);
  for (size_t i = 0; i < left.size(); ++i) {
    left[i] = left[i] + right[i];
  }
  return left;
}

at::Tensor tensor_of(const Leaf& leaf) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(leaf.size())}, at::kFloat);
  std::memcpy(tensor.data_ptr(), leaf.data(), leaf.size() * sizeof(float));
  return tensor;
}

Leaf tree_sum(TreeSum& tree, const std::vector<Leaf>& leaves) {
  for (const Leaf& leaf : leaves) {
    tree.push(tensor_of(leaf));
  }
  at::Tensor out = at::zeros({static_cast<int64_t>(leaves[0].size())});
  tree.finish(out);
  return {out.data_ptr<float>(), out.data_ptr<float>() + out.numel()};
}

TEST(TreeSum, IsThePairwiseTreeBitForBit) {
  TreeSum tree;  // used again and again: finish starts from nothing
  for (size_t count = 1; count <= 64; count *= 2) {
    const std::vector<Leaf> leaves = random_leaves(count);
    const Leaf expected = pairwise(leaves, 0, count);
    const Leaf actual = tree_sum(tree, leaves);
    EXPECT_EQ(std::memcmp(actual.data(), expected.data(), kSize * sizeof(float)), 0) << count;
    EXPECT_EQ(tree.leaves(), 0);
  }
}

TEST(TreeSum, IsNotTheSumInOrder) {
  // In order: ((1e8 + 1) - 1e8) + 1 = 1; on the tree: (1e8 + 1) + (-1e8 + 1) = 0 in float32.
  TreeSum tree;
  EXPECT_EQ(tree_sum(tree, {{1e8F}, {1.0F}, {-1e8F}, {1.0F}})[0], 0.0F);
  // And on the tree (1 + 1) + (1e8 - 1e8) = 2, in order ((1 + 1) + 1e8) - 1e8 = 0.
  EXPECT_EQ(tree_sum(tree, {{1.0F}, {1.0F}, {1e8F}, {-1e8F}})[0], 2.0F);
}

TEST(TreeSum, LeavesTheLeavesAsTheyAre) {
  TreeSum tree;
  const at::Tensor leaf = tensor_of({1.0F, 2.0F});
  for (int i = 0; i < 4; ++i) {
    tree.push(leaf);
  }
  EXPECT_EQ(tree.leaves(), 4);
  EXPECT_EQ(leaf[1].item<float>(), 2.0F);
  at::Tensor out = at::zeros({2});
  tree.finish(out);
  EXPECT_EQ(out[1].item<float>(), 8.0F);
}

TEST(TreeSum, RefusesANumberThatIsNoPowerOfTwo) {
  TreeSum tree;
  for (int i = 0; i < 3; ++i) {
    tree.push(tensor_of({1.0F}));
  }
  at::Tensor out = at::zeros({1});
  EXPECT_THROW(tree.finish(out), InternalError);
}

TEST(Communicator, TheSingleOneChangesNothing) {
  const auto single = Communicator::single();
  EXPECT_EQ(single->rank(), 0);
  EXPECT_EQ(single->world(), 1);
  EXPECT_EQ(single->agree(7), 7);
  at::Tensor value = tensor_of({3.0F});
  single->all_reduce(value);
  single->barrier();
  EXPECT_EQ(value.item<float>(), 3.0F);
}

}  // namespace
}  // namespace tpretrain
