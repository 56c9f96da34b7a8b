#include <cmath>

#include <gmock/gmock.h>

#include "data/image/pictures.h"

namespace tpretrain {
namespace {

using testing::HasSubstr;

Image reduced(const std::string& file, int64_t min_height, int64_t min_width) {
  Image image;
  open_golden(file)->decode(min_height, min_width, image);
  return image;
}

TEST(Jpeg, EveryKindReadsAsPilReadsIt) {
  expect_pixels_of_pil(".jpg");
}

TEST(Jpeg, ShrinksByPowersOfTwoDownToTheMinimum) {
  // 53 x 67: halves are 27 x 34, quarters 14 x 17, eighths 7 x 9.
  EXPECT_EQ(reduced("420.jpg", 28, 1).height, 53);
  EXPECT_EQ(reduced("420.jpg", 27, 34).height, 27);
  EXPECT_EQ(reduced("420.jpg", 27, 35).height, 53);
  EXPECT_EQ(reduced("420.jpg", 14, 17).width, 17);
  EXPECT_EQ(reduced("420.jpg", 7, 9).width, 9);
  EXPECT_EQ(reduced("420.jpg", 1, 1).height, 7);
  EXPECT_EQ(reduced("420.jpg", 0, 1).height, 53);
  EXPECT_EQ(reduced("420.jpg", 200, 200).height, 53);
}

TEST(Jpeg, AShrunkPictureIsTheMeanOfItsBlocks) {
  const Image full = decoded("444.jpg");
  const Image half = reduced("444.jpg", 27, 34);
  double total = 0;
  for (int64_t y = 0; y < 26; ++y) {
    for (int64_t x = 0; x < 33; ++x) {
      const uint8_t* p = &full.pixels[3 * (2 * y * 67 + 2 * x)];
      const double mean = (p[0] + p[3] + p[3 * 67] + p[3 * 67 + 3]) / 4.0;
      total += std::abs(mean - half.pixels[3 * (y * 34 + x)]);
    }
  }
  EXPECT_LT(total / (26 * 33), 3.0);
}

TEST(Jpeg, ATruncatedFileIsAnErrorAndNotGrey) {
  for (const char* file : {"truncated.jpg", "truncated_progressive.jpg"}) {
    EXPECT_THAT(data_error([&] { decoded(file); }),
                HasSubstr(std::string(file) + ": the JPEG is damaged or truncated: "));
  }
}

TEST(Jpeg, BytesTooManyBeforeAMarkerAreForgivenInAWholeFile) {
  const std::string bytes = golden_bytes("420.jpg");
  std::string longer = bytes;
  longer.insert(longer.size() - 2, "\x01\x02\x03");
  EXPECT_EQ(pixel_hash(decoded(*open_image(longer, "x.jpg"))), pixel_hash(decoded("420.jpg")));
  const std::string open_end = longer.substr(0, longer.size() - 2);
  EXPECT_THAT(data_error([&] { decoded(*open_image(open_end, "x.jpg")); }), HasSubstr("x.jpg: "));
}

TEST(Jpeg, BytesTooManyDoNotHideATruncation) {
  std::string bytes = golden_bytes("restarts.jpg");
  bytes.insert(bytes.find("\xFF\xD1"), "\x01\x02");  // a restart marker of the scan
  EXPECT_EQ(pixel_hash(decoded(*open_image(bytes, "x.jpg"))), pixel_hash(decoded("restarts.jpg")));
  bytes.resize(bytes.size() * 4 / 5);
  bytes.insert(2, std::string("\xFF\xFE\x00\x04\xFF\xD9", 6));  // a comment like an end marker
  EXPECT_THAT(data_error([&] { decoded(*open_image(bytes, "x.jpg")); }),
              HasSubstr("extraneous bytes before marker"));
}

TEST(Jpeg, DamageInsideAScanIsAnError) {
  std::string bytes = golden_bytes("420.jpg");
  const size_t middle = bytes.size() / 2;
  bytes.replace(middle, 2, "\xFF\xD9");
  EXPECT_THAT(data_error([&] { decoded(*open_image(bytes, "x.jpg")); }),
              HasSubstr("premature end of data segment"));
}

TEST(Jpeg, RefusesAHeaderWithoutAPicture) {
  const std::string bytes = golden_bytes("420.jpg").substr(0, 40);
  EXPECT_THAT(data_error([&] { open_image(bytes, "x.jpg"); }),
              HasSubstr("x.jpg: the JPEG header is damaged: "));
}

TEST(Jpeg, RefusesASizeThatTheFileCannotHold) {
  std::string bytes = golden_bytes("grey.jpg");
  const size_t frame = bytes.find("\xFF\xC0");
  bytes[frame + 5] = 0x30;  // height 12288 + 53
  bytes[frame + 7] = 0x30;
  EXPECT_THAT(data_error([&] { open_image(bytes, "x.jpg"); }),
              HasSubstr("the file is truncated: a picture of 12341 x 12355 takes at least"));
}

}  // namespace
}  // namespace tpretrain
