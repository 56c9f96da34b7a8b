#include <gmock/gmock.h>

#include "data/image/pictures.h"

namespace tpretrain {
namespace {

using testing::HasSubstr;

TEST(WebP, EveryKindReadsAsPilReadsIt) {
  expect_pixels_of_pil(".webp");
}

TEST(WebP, RefusesAnAnimation) {
  EXPECT_EQ(data_error([] { open_golden("animated.webp"); }),
            "animated.webp: the WebP is animated; only still pictures are taken");
}

TEST(WebP, SaysThatAFileIsTruncated) {
  EXPECT_EQ(data_error([] { decoded("truncated.webp"); }), "truncated.webp: the WebP is truncated");
}

TEST(WebP, RefusesADamagedFrame) {
  std::string bytes = golden_bytes("lossless.webp");
  bytes[20] = 'x';  // the signature of a lossless stream
  EXPECT_THAT(data_error([&] { open_image(bytes, "x.webp"); }), HasSubstr("the WebP is damaged"));
}

}  // namespace
}  // namespace tpretrain
