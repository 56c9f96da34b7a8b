/// Tables of pictures as runs of rows: what a file of each kind looks like. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/shard/byte_file.h"

namespace tpretrain::data {

/// What one row says of a picture.
struct Row {
  std::string image;
  std::vector<std::string> captions;
  std::optional<int64_t> label;
};

/// A row where it lies in its file.
struct RowText {
  std::string_view text;
  uint64_t offset = 0;
  int64_t line = 0;  ///< that it begins in, from 1
};

/// Longest row that is read.
inline constexpr uint64_t kMaxRow = uint64_t{16} << 20;

class RowFormat {
 public:
  /// False ends the scan.
  using Take = std::function<bool(const RowText&)>;
  virtual ~RowFormat() = default;

  /// Hands out the rows of the file in order, blank lines left out. An implementation may learn the
  /// form of the file here (its columns); `parse` then takes rows of this file.
  /// Errors: ConfigError when the options do not fit the file, DataError naming file and line where
  /// it cannot be read on.
  virtual void scan(size_t index, const ByteFile& file, const Take& take) = 0;

  /// Errors: DataError without a place.
  virtual Row parse(size_t index, std::string_view text) const = 0;

  /// A few lines in the right form, for messages.
  virtual const char* expected() const = 0;
};

/// Reads a file from its start to its end, a byte at a time.
class ForwardReader {
 public:
  explicit ForwardReader(const ByteFile& file) : file_(file) { skip_mark(); }

  /// The next byte, or -1 at the end.
  int next() {
    if (at_ == buffer_.size() && !fill()) {
      return -1;
    }
    return static_cast<unsigned char>(buffer_[at_++]);
  }

  /// Of the byte that `next` gives.
  uint64_t position() const { return begin_ + at_; }

 private:
  bool fill();
  /// UTF-8's byte order mark says nothing.
  void skip_mark();

  const ByteFile& file_;
  std::string buffer_;
  uint64_t begin_ = 0;  ///< of the buffer, in the file
  size_t at_ = 0;
};

}  // namespace tpretrain::data
