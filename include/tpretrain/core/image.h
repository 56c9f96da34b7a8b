/// Pictures between a source and a processor. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace tpretrain {

/// A decoded picture: `pixels` is [height, width, 3], RGB, rows one after the other.
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> pixels;
};

/// An encoded picture whose header has been read: its size is known before its pixels are.
class EncodedImage {
 public:
  virtual ~EncodedImage() = default;
  /// Of the picture as it is stored, in pixels.
  virtual int64_t height() const = 0;
  virtual int64_t width() const = 0;

  /// Decodes into `out`. The result may be smaller than the stored picture, by one factor for both
  /// sides, but never below `min_height` x `min_width` unless the stored picture is; a minimum of 0
  /// asks for all pixels. Errors: DataError.
  virtual void decode(int64_t min_height, int64_t min_width, Image& out) const = 0;
};

}  // namespace tpretrain
