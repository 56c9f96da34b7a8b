#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <memory>
#include <vector>

#include <png.h>

#include "data/image/alpha.h"
#include "data/image/stored_image.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

/// Deflate shrinks at most 1032 times.
constexpr int64_t kMostShrink = 1032;

/// libpng reports by a long jump. Only `step` catches it, and the functions that it calls own
/// nothing, so no destructor is jumped over; `message` says what went wrong.
class PngReader {
 public:
  PngReader(const uint8_t* data, size_t size) : data_(data), size_(size) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &on_error, &on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
  }

  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// Reads up to the pixels and asks for 8-bit RGB, or RGBA where there is any transparency.
  bool start() { return step(&PngReader::read_info); }

  /// Reads all pixels, `rows` by `rows`.
  bool read(png_bytepp rows) {
    rows_ = rows;
    return step(&PngReader::read_image);
  }

  int64_t channels() const { return png_get_channels(png_, info_); }

  size_t row_bytes() const { return png_get_rowbytes(png_, info_); }

  const char* message() const { return message_.data(); }

 private:
  using Action = void (PngReader::*)();

  bool step(Action action) {
    if (info_ == nullptr) {
      keep("out of memory");
      return false;
    }
    if (setjmp(png_jmpbuf(png_)) != 0) {
      return false;
    }
    (this->*action)();
    return true;
  }

  void read_info() {
    png_set_read_fn(png_, this, &on_read);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // checked by the caller
    // Drops all but IHDR, PLTE, tRNS, IDAT and IEND: libpng keeps up to 1000 texts of 8 MB each.
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_read_info(png_, info_);
    png_set_expand(png_);
    png_set_strip_16(png_);  // the high byte; scaling would differ from PIL
    png_set_gray_to_rgb(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
  }

  void read_image() { png_read_image(png_, rows_); }

  void keep(const char* message) { std::strncpy(message_.data(), message, message_.size() - 1); }

  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    static_cast<PngReader*>(png_get_error_ptr(png))->keep(message);
    png_longjmp(png, 1);
  }

  static void on_warning(png_structp /*png*/, png_const_charp /*message*/) {}

  static void on_read(png_structp png, png_bytep out, size_t count) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > self->size_ - self->at_) {
      png_error(png, "the file is truncated");
    }
    std::memcpy(out, self->data_ + self->at_, count);
    self->at_ += count;
  }

  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  png_bytepp rows_ = nullptr;
  std::array<char, 128> message_{};
};

uint32_t big_endian(const uint8_t* p) {
  return uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | p[3];
}

class Png final : public StoredImage {
 public:
  Png(std::string bytes, std::string name, const ImageLimits& limits)
      : StoredImage(std::move(bytes), std::move(name), limits) {
    read_header();
  }

  void decode(int64_t min_height, int64_t min_width, Image& out) const override;

 private:
  void read_header();
};

/// Signature (8), length and name of the first chunk (8), width, height (4 each), depth, color (1
/// each). (PNG specification, 11.2.1)
void Png::read_header() {
  constexpr size_t kHeader = 26;
  if (bytes().size() < kHeader || std::memcmp(data() + 12, "IHDR", 4) != 0) {
    fail("the PNG header is damaged or truncated");
  }
  set_size(big_endian(data() + 20), big_endian(data() + 16));
  const int64_t depth = data()[24];
  const int color = data()[25];
  if (depth > 16) {
    fail("the PNG header is damaged: its depth must be at most 16 bits");
  }
  const bool rgb = (color & PNG_COLOR_MASK_COLOR) != 0 && color != PNG_COLOR_TYPE_PALETTE;
  const int64_t channels = (rgb ? 3 : 1) + ((color & PNG_COLOR_MASK_ALPHA) != 0 ? 1 : 0);
  require_bytes(height() * width() / 8 * depth * channels / kMostShrink);
}

/// The format has no cheap decode at a smaller size, so the minimum does not matter.
void Png::decode(int64_t /*min_height*/, int64_t /*min_width*/, Image& out) const {
  PngReader reader(data(), bytes().size());
  if (!reader.start()) {
    fail(std::string("the PNG is damaged: ") + reader.message());
  }
  const int64_t channels = reader.channels();
  const auto stride = static_cast<size_t>(width() * channels);
  if ((channels != 3 && channels != 4) || reader.row_bytes() != stride) {
    fail("the PNG is damaged: its header changes");
  }
  resize_image(out, height(), width());
  std::vector<uint8_t> rgba(channels == 4 ? static_cast<size_t>(height()) * stride : 0);
  uint8_t* pixels = channels == 4 ? rgba.data() : out.pixels.data();
  std::vector<png_bytep> rows(static_cast<size_t>(height()));
  for (size_t y = 0; y < rows.size(); ++y) {
    rows[y] = pixels + y * stride;
  }
  if (!reader.read(rows.data())) {
    fail(std::string("the PNG is damaged: ") + reader.message());
  }
  if (channels == 4) {
    drop_alpha(rgba.data(), height() * width(), alpha(), out.pixels.data());
  }
}

}  // namespace

std::unique_ptr<EncodedImage> open_png(std::string bytes, std::string name,
                                       const ImageLimits& limits) {
  return std::make_unique<Png>(std::move(bytes), std::move(name), limits);
}

}  // namespace tpretrain
