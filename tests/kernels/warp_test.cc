#include "kernels/warp.h"

#include <numeric>

#include "kernels/golden_pictures.h"

namespace tpretrain::kernels {
namespace {

Pixels warped(const Pixels& source, int64_t height, int64_t width, const Affine& to_source,
              Border border) {
  Pixels out(source.size(), 77);
  warp(source.data(), height, width, to_source, border, out.data());
  return out;
}

Affine movement(const std::string& op, double value, int64_t height, int64_t width) {
  if (op == "rotate") {
    return rotation(value, height, width);
  }
  if (op == "translate_x" || op == "translate_y") {
    return op.back() == 'x' ? translation(value, 0) : translation(0, value);
  }
  return op == "shear_x" ? shear(value, 0) : shear(0, value);
}

TEST(Warp, MovesPixelsAsTorchvisionDoes) {
  GoldenPictures golden("augment");
  const int64_t height = golden.height();
  const int64_t width = golden.width();
  const Pixels source = golden.take(height, width);
  int cases = 0;
  for (const auto& entry : golden.cases()) {
    const Pixels expected = golden.take(height, width);
    const std::string op = entry["op"];
    if (op != "rotate" && !op.starts_with("shear") && !op.starts_with("translate")) {
      continue;
    }
    ++cases;
    const Pixels out =
        warped(source, height, width, movement(op, entry["value"], height, width), Border::kBlack);
    int64_t different = 0;
    for (size_t i = 0; i < out.size(); i += 3) {
      different += std::equal(&out[i], &out[i] + 3, &expected[i]) ? 0 : 1;
    }
    // Its grid is in float: a few pixels that lie half way between two go to the other one.
    EXPECT_LE(different, height * width / 100) << entry;
  }
  EXPECT_EQ(cases, 10);
}

TEST(Warp, ATranslationBringsInTheBorder) {
  const Pixels source = {1, 1, 1, 2, 2, 2, 3, 3, 3};
  EXPECT_EQ(warped(source, 1, 3, translation(1, 0), Border::kEdge),
            (Pixels{1, 1, 1, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(warped(source, 1, 3, translation(-1, 0), Border::kWhite),
            (Pixels{2, 2, 2, 3, 3, 3, 255, 255, 255}));
  EXPECT_EQ(warped(source, 1, 3, translation(0, 1), Border::kBlack), Pixels(9, 0));
}

TEST(Warp, AQuarterTurnPermutesASquare) {
  Pixels source(3 * 3 * 3);
  std::iota(source.begin(), source.end(), uint8_t{0});
  const Pixels out = warped(source, 3, 3, rotation(90, 3, 3), Border::kWhite);
  for (int64_t y = 0; y < 3; ++y) {
    for (int64_t x = 0; x < 3; ++x) {
      EXPECT_EQ(out[3 * (3 * y + x)], source[3 * (3 * x + 2 - y)]);  // counter-clockwise
    }
  }
}

}  // namespace
}  // namespace tpretrain::kernels
