/// Bytes of a file or of standard input, decompressed when they are gzip or zstd (told by the first
/// bytes, not by the name).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "tpretrain/base/hash.h"

namespace tpretrain::text {

/// The stored bytes, hashed as they are read.
class RawBytes {
 public:
  /// "-" is standard input. Errors: NotFoundError, IoError.
  explicit RawBytes(std::string path);
  ~RawBytes();
  RawBytes(const RawBytes&) = delete;
  RawBytes& operator=(const RawBytes&) = delete;

  /// Fills the whole of `out` unless the end comes first; returns the bytes read.
  size_t read(char* out, size_t size);

  /// Errors: DataError when the file changed since it was opened. Call at its end.
  void check_unchanged() const;

  const std::string& path() const { return path_; }

  int64_t bytes() const { return bytes_; }

  std::string hash() const { return hash_.hex(); }

 private:
  std::string path_;
  int descriptor_ = -1;
  bool regular_ = false;
  int64_t size_ = 0;
  int64_t modified_ns_ = 0;
  int64_t bytes_ = 0;
  Xxh3 hash_;
};

/// Text after decompression.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Up to `size` bytes; 0 only at the end. Errors: IoError, DataError for a damaged archive.
  virtual size_t read(char* out, size_t size) = 0;
};

/// `raw` must outlive the stream.
std::unique_ptr<ByteStream> open_stream(RawBytes& raw);

}  // namespace tpretrain::text
