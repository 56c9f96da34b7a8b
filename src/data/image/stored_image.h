/// What the decoders share: the bytes, the name for messages, the checked size.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "data/image/open_image.h"

namespace tpretrain {

/// An encoded picture in memory. The maker of each format reads the header and sets the size.
class StoredImage : public EncodedImage {
 public:
  int64_t height() const final { return height_; }

  int64_t width() const final { return width_; }

 protected:
  StoredImage(std::string bytes, std::string name, const ImageLimits& limits)
      : bytes_(std::move(bytes)), name_(std::move(name)), limits_(limits) {}

  const std::string& bytes() const { return bytes_; }

  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(bytes_.data()); }

  AlphaRule alpha() const { return limits_.alpha; }

  /// Takes the size that the header states. Errors: DataError above the limit.
  void set_size(int64_t height, int64_t width);
  /// Throws DataError "NAME: MESSAGE".
  [[noreturn]] void fail(const std::string& message) const;
  /// Throws when a file of this length cannot hold `least` bytes of coded pixels.
  void require_bytes(int64_t least) const;

 private:
  std::string bytes_;
  std::string name_;
  ImageLimits limits_;
  int64_t height_ = 0;
  int64_t width_ = 0;
};

/// Sizes `out` for a picture; pixels are not set.
void resize_image(Image& out, int64_t height, int64_t width);

/// One maker a format; `bytes` begin with its magic.
std::unique_ptr<EncodedImage> open_jpeg(std::string bytes, std::string name, const ImageLimits&);
std::unique_ptr<EncodedImage> open_png(std::string bytes, std::string name, const ImageLimits&);
std::unique_ptr<EncodedImage> open_webp(std::string bytes, std::string name, const ImageLimits&);

}  // namespace tpretrain
