#include "kernels/resize.h"

#include <numeric>

#include "kernels/golden_pictures.h"
#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

struct Source {
  Pixels pixels;
  int64_t height;
  int64_t width;
};

/// Also looks whether anything was written behind the result.
Pixels resized(const ResizeKernels& kernels, const ResizePlan& plan, const Source& source) {
  const int64_t size = plan.height * plan.width * 3;
  Pixels out(static_cast<size_t>(size + 32), 77);
  ResizeScratch scratch;
  resize(kernels, plan, source.pixels.data(), source.height, source.width, scratch, out.data());
  EXPECT_EQ(std::count(out.begin() + size, out.end(), 77), 32);
  out.resize(static_cast<size_t>(size));
  return out;
}

/// The pixels of one row in their red channel.
Source red_row(const std::vector<uint8_t>& levels) {
  Source source{Pixels(levels.size() * 3), 1, static_cast<int64_t>(levels.size())};
  for (size_t i = 0; i < levels.size(); ++i) {
    source.pixels[3 * i] = levels[i];
  }
  return source;
}

Source random_picture(int64_t height, int64_t width, CounterRng& rng) {
  Pixels pixels(static_cast<size_t>(height * width * 3));
  for (uint8_t& value : pixels) {
    value = static_cast<uint8_t>(rng.below(256));
  }
  return {pixels, height, width};
}

ResizeFilter random_filter(CounterRng& rng) {
  return rng.below(2) == 0 ? ResizeFilter::kBilinear : ResizeFilter::kBicubic;
}

TEST(Resize, GivesTheBitsOfPil) {
  GoldenPictures golden("resize");
  const int64_t height = golden.height();
  const int64_t width = golden.width();
  const Source source{golden.take(height, width), height, width};
  for (const auto& entry : golden.cases()) {
    const std::vector<double> box = entry["box"];
    ResizePlan plan{ResizeFilter::kBilinear,
                    PassOrder::kRowsFirst,
                    {box[0], box[1], box[2], box[3]},
                    entry["height"],
                    entry["width"]};
    plan.filter = entry["filter"] == "bicubic" ? ResizeFilter::kBicubic : ResizeFilter::kBilinear;
    plan.order = pass_order(height, width, plan.height, plan.width);
    EXPECT_EQ(resized(plain_resize_kernels(), plan, source), golden.take(plan.height, plan.width))
        << entry;
  }
}

TEST(Resize, FastKernelsGiveThePlainBits) {
  CounterRng rng(hash64("resize test"), 0);
  for (int i = 0; i < 300; ++i) {
    const Source source = random_picture(1 + static_cast<int64_t>(rng.below(40)),
                                         1 + static_cast<int64_t>(rng.below(40)), rng);
    const auto height = static_cast<double>(source.height);
    const auto width = static_cast<double>(source.width);
    const double left = rng.uniform() * 0.9 * width;
    const double top = rng.uniform() * 0.9 * height;
    const ResizePlan plan{random_filter(rng),
                          rng.below(2) == 0 ? PassOrder::kRowsFirst : PassOrder::kColumnsFirst,
                          {left, top, left + (width - left) * rng.uniform() + 1e-3, height},
                          1 + static_cast<int64_t>(rng.below(30)),
                          1 + static_cast<int64_t>(rng.below(30))};
    const Pixels plain = resized(plain_resize_kernels(), plan, source);
    for (const ResizeKernels& fast : runnable(v3::resize_kernels, v4::resize_kernels)) {
      ASSERT_EQ(resized(fast, plan, source), plain)
          << height << " x " << width << " to " << plan.height << " x " << plan.width;
    }
  }
}

TEST(Resize, MirroredIsTheMirrorOfTheResult) {
  CounterRng rng(hash64("resize test"), 2);
  const Source source = random_picture(13, 21, rng);
  for (const PassOrder order : {PassOrder::kRowsFirst, PassOrder::kColumnsFirst}) {
    ResizePlan plan{ResizeFilter::kBicubic, order, {3.5, 1, 19, 12}, 6, 9};
    const Pixels straight = resized(plain_resize_kernels(), plan, source);
    plan.mirrored = true;
    const Pixels mirrored = resized(plain_resize_kernels(), plan, source);
    for (int64_t i = 0; i < 6 * 9; ++i) {
      EXPECT_EQ(mirrored[3 * i + 1], straight[3 * (i / 9 * 9 + 8 - i % 9) + 1]);
    }
  }
}

TEST(Resize, FullSizeIsACopy) {
  CounterRng rng(hash64("resize test"), 1);
  const Source source = random_picture(9, 7, rng);
  const ResizePlan plan{ResizeFilter::kBicubic, PassOrder::kRowsFirst, {0, 0, 7, 9}, 9, 7};
  EXPECT_EQ(resized(resize_kernels(), plan, source), source.pixels);
}

TEST(Resize, OneColourStaysThatColour) {
  for (const uint8_t level : {0, 1, 128, 254, 255}) {
    const Source source{Pixels(31 * 17 * 3, level), 31, 17};
    for (const ResizeFilter filter : {ResizeFilter::kBilinear, ResizeFilter::kBicubic}) {
      const ResizePlan plan{filter, PassOrder::kColumnsFirst, {2.5, 3.25, 15, 30}, 11, 40};
      EXPECT_EQ(resized(resize_kernels(), plan, source), Pixels(11 * 40 * 3, level));
    }
  }
}

TEST(Resize, HalvingWithTheTriangleWeighsOneThreeThreeOne) {
  const ResizePlan plan{ResizeFilter::kBilinear, PassOrder::kRowsFirst, {0, 0, 6, 1}, 1, 3};
  const Pixels out = resized(plain_resize_kernels(), plan, red_row({10, 20, 60, 90, 130, 200}));
  // Inner: (20 + 3 * 60 + 3 * 90 + 130) / 8 = 75; borders lose the outer weight:
  // (3 * 10 + 3 * 20 + 60) / 7 = 21.4, (90 + 3 * 130 + 3 * 200) / 7 = 154.3.
  EXPECT_EQ(out, (Pixels{21, 0, 0, 75, 0, 0, 154, 0, 0}));
}

TEST(Resize, TheFilterSeesPixelsBeyondTheBox) {
  const ResizePlan plan{ResizeFilter::kBilinear, PassOrder::kRowsFirst, {1, 0, 7, 1}, 1, 3};
  const Pixels out = resized(plain_resize_kernels(), plan, red_row({240, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(out[0], 30);  // 240 / 8
}

TEST(Resize, OvershootIsClamped) {
  const ResizePlan plan{ResizeFilter::kBicubic, PassOrder::kRowsFirst, {0, 0, 8, 1}, 1, 24};
  const Pixels out = resized(resize_kernels(), plan, red_row({0, 0, 0, 0, 255, 255, 255, 255}));
  std::vector<uint8_t> red;
  for (size_t i = 0; i < out.size(); i += 3) {
    red.push_back(out[i]);
  }
  EXPECT_TRUE(std::is_sorted(red.begin(), red.end()));  // no level wraps around
  EXPECT_EQ(red.front(), 0);
  EXPECT_EQ(red.back(), 255);
}

TEST(Resize, ColumnsComeFirstWhereTheyShrinkMoreThanTwiceAsMuch) {
  EXPECT_EQ(pass_order(100, 100, 80, 90), PassOrder::kRowsFirst);
  EXPECT_EQ(pass_order(100, 100, 79, 90), PassOrder::kColumnsFirst);
  EXPECT_EQ(pass_order(100, 100, 99, 150), PassOrder::kColumnsFirst);
  EXPECT_EQ(pass_order(100, 100, 100, 150), PassOrder::kRowsFirst);
}

}  // namespace
}  // namespace tpretrain::kernels
