#include "kernels/resize.h"

#include <numeric>

#include "kernels/golden_pictures.h"
#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

Pixels resized(const ResizeKernels& kernels, ResizeFilter filter, const Pixels& source,
               int64_t height, int64_t width, const ResizeBox& box, int64_t out_height,
               int64_t out_width) {
  Pixels out(static_cast<size_t>(out_height * out_width * 3), 77);
  ResizeScratch scratch;
  resize(kernels, filter, source.data(), height, width, box, out_height, out_width, scratch,
         out.data());
  return out;
}

Pixels random_pixels(int64_t height, int64_t width, CounterRng& rng) {
  Pixels pixels(static_cast<size_t>(height * width * 3));
  for (uint8_t& value : pixels) {
    value = static_cast<uint8_t>(rng.below(256));
  }
  return pixels;
}

ResizeFilter random_filter(CounterRng& rng) {
  return rng.below(2) == 0 ? ResizeFilter::kBilinear : ResizeFilter::kBicubic;
}

TEST(Resize, GivesTheBitsOfPil) {
  GoldenPictures golden("resize");
  const Pixels source = golden.take(golden.height(), golden.width());
  for (const auto& entry : golden.cases()) {
    const std::vector<double> box = entry["box"];
    const ResizeFilter filter =
        entry["filter"] == "bicubic" ? ResizeFilter::kBicubic : ResizeFilter::kBilinear;
    const Pixels expected = golden.take(entry["height"], entry["width"]);
    EXPECT_EQ(resized(plain_resize_kernels(), filter, source, golden.height(), golden.width(),
                      {box[0], box[1], box[2], box[3]}, entry["height"], entry["width"]),
              expected)
        << entry;
  }
}

TEST(Resize, FastKernelsGiveThePlainBits) {
  CounterRng rng(hash64("resize test"), 0);
  for (int i = 0; i < 200; ++i) {
    const auto height = static_cast<int64_t>(1 + rng.below(40));
    const auto width = static_cast<int64_t>(1 + rng.below(40));
    const auto out_height = static_cast<int64_t>(1 + rng.below(30));
    const auto out_width = static_cast<int64_t>(1 + rng.below(30));
    const double left = rng.uniform() * 0.9 * static_cast<double>(width);
    const double top = rng.uniform() * 0.9 * static_cast<double>(height);
    const ResizeBox box{left, top,
                        left + (static_cast<double>(width) - left) * rng.uniform() + 1e-3,
                        static_cast<double>(height)};
    const Pixels source = random_pixels(height, width, rng);
    const ResizeFilter filter = random_filter(rng);
    const Pixels plain =
        resized(plain_resize_kernels(), filter, source, height, width, box, out_height, out_width);
    for (const ResizeKernels& fast : runnable(v3::resize_kernels, v4::resize_kernels)) {
      ASSERT_EQ(resized(fast, filter, source, height, width, box, out_height, out_width), plain)
          << height << " x " << width << " to " << out_height << " x " << out_width;
    }
  }
}

TEST(Resize, FullSizeIsACopy) {
  CounterRng rng(hash64("resize test"), 1);
  const Pixels source = random_pixels(9, 7, rng);
  EXPECT_EQ(resized(resize_kernels(), ResizeFilter::kBicubic, source, 9, 7, {0, 0, 7, 9}, 9, 7),
            source);
  EXPECT_EQ(
      resized(plain_resize_kernels(), ResizeFilter::kBicubic, source, 9, 7, {0, 0, 7, 9}, 9, 7),
      source);
}

TEST(Resize, OneColourStaysThatColour) {
  for (const uint8_t level : {0, 1, 128, 254, 255}) {
    const Pixels source(31 * 17 * 3, level);
    for (const ResizeFilter filter : {ResizeFilter::kBilinear, ResizeFilter::kBicubic}) {
      const Pixels out =
          resized(resize_kernels(), filter, source, 31, 17, {2.5, 3.25, 15, 30}, 11, 40);
      EXPECT_EQ(out, Pixels(out.size(), level));
    }
  }
}

TEST(Resize, HalvingWithTheTriangleWeighsOneThreeThreeOne) {
  const Pixels source = {10, 0, 0, 20, 0, 0, 60, 0, 0, 90, 0, 0, 130, 0, 0, 200, 0, 0};
  const Pixels out =
      resized(plain_resize_kernels(), ResizeFilter::kBilinear, source, 1, 6, {0, 0, 6, 1}, 1, 3);
  // Inner: (20 + 3 * 60 + 3 * 90 + 130) / 8 = 75; borders lose the outer weight:
  // (3 * 10 + 3 * 20 + 60) / 7 = 21.4, (90 + 3 * 130 + 3 * 200) / 7 = 154.3.
  EXPECT_EQ(out, (Pixels{21, 0, 0, 75, 0, 0, 154, 0, 0}));
}

TEST(Resize, TheFilterSeesPixelsBeyondTheBox) {
  Pixels source(3 * 8, 0);
  source[0] = 240;  // left of the box
  const Pixels out =
      resized(plain_resize_kernels(), ResizeFilter::kBilinear, source, 1, 8, {1, 0, 7, 1}, 1, 3);
  EXPECT_EQ(out[0], 30);  // 240 / 8
}

TEST(Resize, OvershootIsClamped) {
  Pixels source(3 * 8, 0);
  std::fill(source.begin() + 12, source.end(), uint8_t{255});
  const Pixels out =
      resized(resize_kernels(), ResizeFilter::kBicubic, source, 1, 8, {0, 0, 8, 1}, 1, 24);
  EXPECT_EQ(*std::min_element(out.begin(), out.end()), 0);
  EXPECT_EQ(*std::max_element(out.begin(), out.end()), 255);
  EXPECT_TRUE(std::is_sorted(out.begin() + 27, out.begin() + 45));  // the edge itself: no wrap
}

}  // namespace
}  // namespace tpretrain::kernels
