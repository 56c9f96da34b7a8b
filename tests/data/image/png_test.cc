#include <algorithm>
#include <cstdint>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <gmock/gmock.h>
#include <zlib.h>

#include "data/image/pictures.h"

namespace tpretrain {
namespace {

using testing::HasSubstr;

std::string big_endian_bytes(uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) {
    bytes += static_cast<char>(value >> shift & 0xFF);
  }
  return bytes;
}

/// `name_and_data` with its length and checksum.
std::string png_chunk(const std::string& name_and_data) {
  const auto* bytes = reinterpret_cast<const Bytef*>(name_and_data.data());
  const auto size = static_cast<uint32_t>(name_and_data.size());
  return big_endian_bytes(size - 4) + name_and_data +
         big_endian_bytes(static_cast<uint32_t>(crc32(0, bytes, size)));
}

std::string deflated(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  EXPECT_EQ(compress(reinterpret_cast<Bytef*>(out.data()), &size,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  out.resize(size);
  return out;
}

int64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * int64_t{1024};
}

TEST(Png, EveryColourTypeAndDepthReadsAsPilReadsIt) {
  expect_pixels_of_pil(".png");
}

TEST(Png, SixteenBitSamplesGiveTheirHighByte) {
  const Image image = decoded("grey_16.png");
  // Row 0 is a ramp round(x / 22 * 65535): 0, 2979, ...
  EXPECT_EQ(image.pixels[0], 0);
  EXPECT_EQ(image.pixels[3], 2979 >> 8);
  EXPECT_EQ(image.pixels[3 * 22], 255);
}

TEST(Png, TransparentPaletteEntriesBecomeWhite) {
  const Image image = decoded("palette_transparent.png");
  // Pixel (0, 0) has entry 0, whose alpha is 0.
  EXPECT_EQ(std::vector<uint8_t>(image.pixels.begin(), image.pixels.begin() + 3),
            (std::vector<uint8_t>{255, 255, 255}));
}

TEST(Png, AMinimumSizeChangesNothing) {
  Image image;
  open_golden("rgb_8.png")->decode(1, 1, image);
  EXPECT_EQ(image.width, 23);
}

TEST(Png, TextsTakeNoMemory) {
  constexpr size_t kFirstChunkAfterHeader = 33;
  const std::string body = deflated(std::string(4'000'000, 'x'));
  std::string texts;
  for (int i = 0; i < 100; ++i) {
    texts += png_chunk("zTXt" + std::string("key\0\0", 5) + body);
  }
  std::string bytes = golden_bytes("rgb_8.png");
  bytes.insert(kFirstChunkAfterHeader, texts);
  const int64_t before = peak_memory();
  const Image image = decoded(*open_image(bytes, "x.png"));
  EXPECT_LT(peak_memory() - before, int64_t{64} << 20);
  EXPECT_EQ(pixel_hash(image), pixel_hash(decoded("rgb_8.png")));
}

TEST(Png, RefusesAWrongChecksumOfAHeader) {
  std::string bytes = golden_bytes("rgb_8.png");
  bytes[29] ^= 1;
  EXPECT_THAT(data_error([&] { decoded(*open_image(bytes, "x.png")); }),
              HasSubstr("x.png: the PNG is damaged: IHDR: CRC error"));
}

TEST(Png, SaysThatAFileIsTruncated) {
  EXPECT_EQ(data_error([] { decoded("truncated.png"); }),
            "truncated.png: the PNG is damaged: the file is truncated");
}

TEST(Png, RefusesASizeThatTheFileCannotHold) {
  std::string bytes = golden_bytes("rgb_8.png");
  bytes[18] = 0x20;  // width 8192 + 23
  bytes[22] = 0x20;
  EXPECT_THAT(data_error([&] { open_image(bytes, "x.png"); }),
              HasSubstr("x.png: the file is truncated: a picture of 8211 x 8215 takes at least"));
}

TEST(Png, RefusesAPictureWithoutPixels) {
  std::string bytes = golden_bytes("rgb_8.png");
  bytes[19] = 0;
  EXPECT_THAT(data_error([&] { open_image(bytes, "x.png"); }), HasSubstr("19 x 0"));
}

}  // namespace
}  // namespace tpretrain
