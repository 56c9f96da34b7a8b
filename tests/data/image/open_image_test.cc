#include "data/image/open_image.h"

#include <gmock/gmock.h>

#include "data/image/pictures.h"

namespace tpretrain {
namespace {

using testing::HasSubstr;

TEST(OpenImage, TellsFormatsByTheirBytesNotByTheName) {
  EXPECT_EQ(open_image(golden_bytes("444.jpg"), "a.png")->width(), 67);
  EXPECT_EQ(open_image(golden_bytes("rgb_8.png"), "a.jpg")->width(), 23);
  EXPECT_EQ(open_image(golden_bytes("lossy.webp"), "a")->width(), 67);
}

TEST(OpenImage, RefusesAnEmptyFile) {
  const std::string message = data_error([] { open_image("", "tar/7.jpg"); });
  EXPECT_EQ(message, "tar/7.jpg: the picture is empty (0 bytes)");
}

TEST(OpenImage, NamesTheFirstBytesOfAnUnknownFile) {
  const std::string message = data_error([] { open_image("GIF89a..", "x.gif"); });
  EXPECT_EQ(message,
            "x.gif: a picture must be JPEG, PNG or WebP, but this one begins with 47 49 46 38 39 "
            "61 2e 2e");
  EXPECT_THAT(data_error([] { open_image("\x89PN", "x"); }), HasSubstr("begins with 89 50 4e"));
}

TEST(OpenImage, RefusesAPictureAboveTheLimitBeforeItsPixels) {
  EXPECT_EQ(data_error([] { open_golden("huge.png"); }),
            "huge.png: the picture must have at most 178956970 pixels, but its header says 60000 x "
            "60000 = 3600000000");
  for (const char* file : {"444.jpg", "rgb_8.png", "lossy.webp"}) {
    const auto open = open_golden(file);
    const int64_t pixels = open->height() * open->width();
    EXPECT_NO_THROW(open_golden(file, {.max_pixels = pixels})) << file;
    EXPECT_THAT(data_error([&] { open_golden(file, {.max_pixels = pixels - 1}); }),
                HasSubstr("must have at most"))
        << file;
  }
}

TEST(OpenImage, EveryCutOfAFileIsAnErrorOrTheWholePicture) {
  for (const char* file : {"420.jpg", "progressive.jpg", "rgb_8.png", "palette_4.png",
                           "lossless.webp", "alpha_lossy.webp"}) {
    const std::string bytes = golden_bytes(file);
    const uint32_t whole = pixel_hash(decoded(file));
    int errors = 0;
    for (size_t size = 0; size < bytes.size(); size += 7) {
      try {
        const auto open = open_image(bytes.substr(0, size), file);
        EXPECT_EQ(pixel_hash(decoded(*open)), whole) << file << " cut to " << size;
      } catch (const DataError&) {
        ++errors;
      }
    }
    EXPECT_GT(errors, static_cast<int>(bytes.size() / 7 * 9 / 10)) << file;
  }
}

}  // namespace
}  // namespace tpretrain
