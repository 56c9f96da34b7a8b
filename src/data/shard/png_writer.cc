#include "data/shard/png_writer.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <zlib.h>

#include "tpretrain/base/error.h"

namespace tpretrain::data {

namespace {

constexpr int64_t kChannels = 3;
constexpr char kPaeth = 4;

void put32(uint32_t value, std::string& out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xFF);
  }
}

void put_chunk(std::string_view type, std::string_view body, std::string& out) {
  put32(static_cast<uint32_t>(body.size()), out);
  const size_t begin = out.size();
  out += type;
  out += body;
  const auto* bytes = reinterpret_cast<const Bytef*>(out.data() + begin);
  put32(static_cast<uint32_t>(crc32(0, bytes, static_cast<uInt>(out.size() - begin))), out);
}

/// The one of left, up and upper left that is nearest to left + up - upper left.
int paeth(int left, int up, int corner) {
  const int to_left = std::abs(up - corner);
  const int to_up = std::abs(left - corner);
  const int to_corner = std::abs(left + up - 2 * corner);
  return to_left <= to_up && to_left <= to_corner ? left : to_up <= to_corner ? up : corner;
}

std::string filtered(const Image& image) {
  const int64_t row = image.width * kChannels;
  std::string out;
  out.reserve(static_cast<size_t>(image.height * (row + 1)));
  const auto at = [&](int64_t y, int64_t x) -> int {
    return y < 0 || x < 0 ? 0 : image.pixels[static_cast<size_t>(y * row + x)];
  };
  for (int64_t y = 0; y < image.height; ++y) {
    out += kPaeth;
    for (int64_t x = 0; x < row; ++x) {
      const int near = paeth(at(y, x - kChannels), at(y - 1, x), at(y - 1, x - kChannels));
      out += static_cast<char>(at(y, x) - near);
    }
  }
  return out;
}

std::string compressed(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  TP_ASSERT(compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                      reinterpret_cast<const Bytef*>(bytes.data()),
                      static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION) == Z_OK);
  out.resize(size);
  return out;
}

}  // namespace

std::string write_png(const Image& image) {
  std::string header;
  put32(static_cast<uint32_t>(image.width), header);
  put32(static_cast<uint32_t>(image.height), header);
  header += std::string_view("\x08\x02\0\0\0", 5);  // 8 bits, RGB, no interlacing
  std::string out = "\x89PNG\r\n\x1A\n";
  put_chunk("IHDR", header, out);
  put_chunk("IDAT", compressed(filtered(image)), out);
  put_chunk("IEND", "", out);
  return out;
}

}  // namespace tpretrain::data
