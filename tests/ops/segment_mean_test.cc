#include "ops/op_test.h"

namespace tpretrain::ops::segment_mean_test {

std::function<Tensors(const Tensors&)> op(const Tensor& offsets) {
  return [offsets](const Tensors& in) { return Tensors{segment_mean(in[0], offsets)}; };
}

std::function<Tensors(const Tensors&)> reference(const Tensor& offsets) {
  return [offsets](const Tensors& in) {
    Tensors rows;
    for (int64_t s = 0; s + 1 < offsets.size(0); ++s) {
      const int64_t begin = offsets[s].item<int32_t>();
      const int64_t length = offsets[s + 1].item<int32_t>() - begin;
      const Tensor part = in[0].slice(0, begin, begin + length);
      rows.push_back(length == 0 ? part.sum(0) : part.mean(0));
    }
    return Tensors{at::stack(rows)};
  };
}

TEST(SegmentMean, MatchesHandComputedValues) {
  const Tensor x = leaf(at::tensor({1.0F, 2.0F, 3.0F, 6.0F, 5.0F, 7.0F}).reshape({3, 2}));
  const Tensor y = segment_mean(x, at::tensor({0, 2, 2, 3}, at::kInt));
  EXPECT_TRUE(
      at::equal(y.detach(), at::tensor({2.0F, 4.0F, 0.0F, 0.0F, 5.0F, 7.0F}).reshape({3, 2})));
  y.sum().backward();
  EXPECT_TRUE(
      at::equal(x.grad(), at::tensor({0.5F, 0.5F, 0.5F, 0.5F, 1.0F, 1.0F}).reshape({3, 2})));
}

TEST(SegmentMean, EqualsMeansOfSlices) {
  for (const auto& offsets : std::vector<std::vector<int32_t>>{
           {0, 1}, {0, 0, 5, 12}, {0, 123}, {0, 1, 8, 8, 200}, {0, 7, 7}}) {
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      SCOPED_TRACE(testing::PrintToString(offsets));
      const Tensor bounds = at::tensor(offsets, at::kInt);
      expect_same_function(op(bounds), reference(bounds),
                           {random_tensor({offsets.back(), 33}, 1, dtype)});
    }
  }
}

TEST(SegmentMean, GradientsMatchFiniteDifferences) {
  expect_finite_differences(op(at::tensor({0, 3, 3, 7}, at::kInt)),
                            {random_tensor({7, 5}, 1, at::kDouble)});
}

TEST(SegmentMean, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    return outputs_and_grads(op(at::tensor({0, 100, 101, 350, 600}, at::kInt)),
                             {random_tensor({600, 50}, 1)});
  });
}

TEST(SegmentMean, NamesTheArgumentThatDoesNotFit) {
  const Tensor x = at::zeros({3, 2});
  EXPECT_EQ(thrown<ShapeError>([&] {
              segment_mean(x, at::tensor({0, 2}, at::kInt));
            }),
            "`offsets` must be ascending from 0 to T = 3, but is at 2 in the end instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              segment_mean(x.flatten(), at::tensor({0, 6}, at::kInt));
            }),
            "`x` must be [T, D], but is [6] instead.");
}

}  // namespace tpretrain::ops::segment_mean_test
