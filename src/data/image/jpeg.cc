#include <memory>
#include <string_view>
#include <vector>

#include <turbojpeg.h>

#include "data/image/stored_image.h"

namespace tpretrain {
namespace {

/// Accurate DCT and smooth chroma, libjpeg's defaults; a file of endless scans is refused.
constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;

/// A block of 8 x 8 pixels takes at least one bit of its first scan.
constexpr int64_t kMostPixelsPerByte = 8 * 64;

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};

using Handle = std::unique_ptr<void, Destroy>;

/// The factor 1/n, n = 1, 2, 4, 8, that keeps both sides at or above their minimum. The steps
/// between (5/8 and such) have no fast transform: a full decode beats them.
int64_t divisor(int64_t height, int64_t width, int64_t min_height, int64_t min_width) {
  if (min_height <= 0 || min_width <= 0) {
    return 1;
  }
  int64_t n = 8;
  while (n > 1 && ((height + n - 1) / n < min_height || (width + n - 1) / n < min_width)) {
    n /= 2;
  }
  return n;
}

/// x * y / 255 to nearest.
uint32_t product(uint32_t x, uint32_t y) {
  const uint32_t z = x * y + 128;
  return (z + (z >> 8)) >> 8;
}

/// Stored CMYK is taken as Adobe writes it, inverted, whatever the file says of itself: PIL's rule.
void cmyk_to_rgb(const uint8_t* cmyk, int64_t count, uint8_t* rgb) {
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t light = cmyk[4 * i + 3];
    for (int64_t c = 0; c < 3; ++c) {
      rgb[3 * i + c] = static_cast<uint8_t>(light - product(255U - cmyk[4 * i + c], light));
    }
  }
}

class Jpeg final : public StoredImage {
 public:
  Jpeg(std::string bytes, std::string name, const ImageLimits& limits)
      : StoredImage(std::move(bytes), std::move(name), limits) {
    read_header();
  }

  void decode(int64_t min_height, int64_t min_width, Image& out) const override;

 private:
  void read_header();
  Handle decompressor() const;
  void decompress(TJPF format, int64_t height, int64_t width, uint8_t* out) const;
  bool harmless(std::string_view warning) const;

  bool cmyk_ = false;
};

Handle Jpeg::decompressor() const {
  Handle handle(tjInitDecompress());
  if (handle == nullptr) {
    fail("the JPEG decoder could not be made");
  }
  return handle;
}

void Jpeg::read_header() {
  const Handle handle = decompressor();
  int width = 0;
  int height = 0;
  int sampling = -1;
  int colors = -1;
  const int status = tjDecompressHeader3(handle.get(), data(), bytes().size(), &width, &height,
                                         &sampling, &colors);
  // A rare sampling of the chroma has no name there, but decodes all the same.
  if (width == 0 || (status != 0 && colors < 0)) {
    fail(std::string("the JPEG header is damaged: ") +
         (status == 0 ? "it describes no picture" : tjGetErrorStr2(handle.get())));
  }
  set_size(height, width);
  require_bytes(StoredImage::height() * StoredImage::width() / kMostPixelsPerByte);
  cmyk_ = colors == TJCS_CMYK || colors == TJCS_YCCK;
}

/// The library fills what is missing with grey and warns; only its first warning can be read, so
/// bytes too many are forgiven only where the last scan is closed by an end marker.
bool Jpeg::harmless(std::string_view warning) const {
  if (warning.find("extraneous bytes before marker") == std::string_view::npos) {
    return warning.find("unknown JFIF revision") != std::string_view::npos ||
           warning.find("Unknown Adobe color transform") != std::string_view::npos;
  }
  const size_t scan = bytes().rfind("\xFF\xDA");
  const size_t end = bytes().rfind("\xFF\xD9");
  return end != std::string::npos && scan != std::string::npos && end > scan;
}

void Jpeg::decompress(TJPF format, int64_t height, int64_t width, uint8_t* out) const {
  const Handle handle = decompressor();
  const int status =
      tjDecompress2(handle.get(), data(), bytes().size(), out, static_cast<int>(width), 0,
                    static_cast<int>(height), format, kFlags);
  if (status == 0) {
    return;
  }
  const std::string_view message = tjGetErrorStr2(handle.get());
  if (tjGetErrorCode(handle.get()) != TJERR_WARNING || !harmless(message)) {
    fail("the JPEG is damaged or truncated: " + std::string(message));
  }
}

void Jpeg::decode(int64_t min_height, int64_t min_width, Image& out) const {
  const int64_t n = divisor(height(), width(), min_height, min_width);
  const int64_t rows = (height() + n - 1) / n;
  const int64_t columns = (width() + n - 1) / n;
  resize_image(out, rows, columns);
  if (!cmyk_) {
    decompress(TJPF_RGB, rows, columns, out.pixels.data());
    return;
  }
  std::vector<uint8_t> cmyk(static_cast<size_t>(rows * columns * 4));
  decompress(TJPF_CMYK, rows, columns, cmyk.data());
  cmyk_to_rgb(cmyk.data(), rows * columns, out.pixels.data());
}

}  // namespace

std::unique_ptr<EncodedImage> open_jpeg(std::string bytes, std::string name,
                                        const ImageLimits& limits) {
  return std::make_unique<Jpeg>(std::move(bytes), std::move(name), limits);
}

}  // namespace tpretrain
