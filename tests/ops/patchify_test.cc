#include "ops/op_test.h"

namespace tpretrain::ops::patchify_test {

const std::vector<double> kMean = {0.48, 0.46, 0.41};
const std::vector<double> kDeviation = {0.27, 0.26, 0.28};

Tensor random_pixels(at::IntArrayRef sizes) {
  const int64_t count = c10::multiply_integers(sizes);
  return random_index(count, 256, 7, at::kByte).reshape(sizes);
}

/// The same through views and broadcasting.
Tensor reference(const Tensor& pixels, int64_t patch, at::ScalarType dtype) {
  const int64_t rows = pixels.size(1) / patch;
  const int64_t columns = pixels.size(2) / patch;
  const Tensor values = (pixels.to(at::kDouble) / 255 - at::tensor(kMean, at::kDouble)) /
                        at::tensor(kDeviation, at::kDouble);
  return values.reshape({pixels.size(0), rows, patch, columns, patch, 3})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({-1, patch * patch * 3})
      .to(dtype);
}

TEST(Patchify, OrdersPatchesThenRowsThenColumnsThenChannels) {
  // One picture of 2 x 4 pixels, pixel (y, x) has channels 30 y + 3 x + (0, 1, 2): values / 255.
  Tensor pixels = at::empty({1, 2, 4, 3}, at::kByte);
  for (int64_t y = 0; y < 2; ++y) {
    for (int64_t i = 0; i < 12; ++i) {
      pixels.data_ptr<uint8_t>()[12 * y + i] = static_cast<uint8_t>(30 * y + i);
    }
  }
  const Tensor out = patchify(pixels, 2, {0.0, 0.0, 0.0}, {1.0, 1.0, 1.0}, at::kDouble);
  const Tensor expected = at::tensor({0.0,  1.0,  2.0,  3.0,  4.0,  5.0,   //
                                      30.0, 31.0, 32.0, 33.0, 34.0, 35.0,  //
                                      6.0,  7.0,  8.0,  9.0,  10.0, 11.0,  //
                                      36.0, 37.0, 38.0, 39.0, 40.0, 41.0},
                                     at::kDouble)
                              .reshape({2, 12});
  EXPECT_TRUE(at::equal(out, expected / 255));
}

TEST(Patchify, EqualsViewsOverShapes) {
  for (const auto& s : std::vector<std::vector<int64_t>>{
           {1, 1, 1, 1}, {2, 6, 9, 3}, {3, 32, 16, 16}, {5, 14, 21, 7}, {0, 4, 4, 2}}) {
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      SCOPED_TRACE(testing::PrintToString(s));
      const Tensor pixels = random_pixels({s[0], s[1], s[2], 3});
      EXPECT_TRUE(at::equal(patchify(pixels, s[3], kMean, kDeviation, dtype),
                            reference(pixels, s[3], dtype)));
    }
  }
}

TEST(Patchify, ReadsStridedPixels) {
  const Tensor pixels = random_pixels({2, 3, 8, 12}).permute({0, 2, 3, 1});
  EXPECT_TRUE(at::equal(patchify(pixels, 4, kMean, kDeviation, at::kFloat),
                        reference(pixels, 4, at::kFloat)));
}

TEST(Patchify, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    return Tensors{patchify(random_pixels({5, 32, 48, 3}), 8, kMean, kDeviation, at::kFloat)};
  });
}

TEST(Patchify, NamesTheArgumentThatDoesNotFit) {
  const Tensor pixels = at::zeros({1, 6, 8, 3}, at::kByte);
  const auto failure = [](const Tensor& p, int64_t patch, const std::vector<double>& mean,
                          const std::vector<double>& deviation, at::ScalarType dtype) {
    return thrown<ShapeError>([&] { patchify(p, patch, mean, deviation, dtype); });
  };
  EXPECT_EQ(failure(pixels, 4, kMean, kDeviation, at::kFloat),
            "`patch` must be a divisor of H = 6 and W = 8, but is 4 instead.");
  EXPECT_EQ(failure(pixels, 0, kMean, kDeviation, at::kFloat),
            "`patch` must be a divisor of H = 6 and W = 8, but is 0 instead.");
  EXPECT_EQ(failure(pixels.to(at::kFloat), 2, kMean, kDeviation, at::kFloat),
            "`pixels` must be Byte, but is Float instead.");
  EXPECT_EQ(failure(pixels.permute({0, 3, 1, 2}), 2, kMean, kDeviation, at::kFloat),
            "`pixels` must be [B, H, W, C] with C = 3, but is [1, 3, 6, 8] instead.");
  EXPECT_EQ(failure(pixels, 2, {0.5}, kDeviation, at::kFloat),
            "`mean` must be 3 values, but is 1 instead.");
  EXPECT_EQ(failure(pixels, 2, kMean, {0.5, 0.0, 0.5}, at::kFloat),
            "`deviation` must be greater than 0, but is 0 instead.");
  EXPECT_EQ(failure(pixels, 2, kMean, kDeviation, at::kHalf),
            "`dtype` must be float32 or float64, but is Half instead.");
}

}  // namespace tpretrain::ops::patchify_test
