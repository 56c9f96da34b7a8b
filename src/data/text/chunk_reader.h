/// Cuts the files of a corpus into chunks of whole lines. Where the cuts fall depends on the text
/// and the options alone, so that any number of threads can work on the chunks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/text/byte_stream.h"
#include "tpretrain/data/corpus.h"

namespace tpretrain::text {

struct Chunk {
  int64_t index = 0;
  int64_t file = 0;
  int64_t offset = 0;  ///< of the text in its file, decompressed
  bool starts_file = false;
  bool ends_file = false;  ///< the document in progress ends with the chunk
  std::string text;        ///< whole lines; the last one of a file may lack its newline
  CorpusCounts counts;     ///< bytes, and the lines that were dropped before the text
};

/// A file that was read to its end.
struct ReadFile {
  std::string path;
  int64_t bytes = 0;
  std::string hash;
};

class ChunkReader {
 public:
  explicit ChunkReader(const CorpusOptions& options);

  /// The next chunk, none at the end. Every file gives at least one, perhaps empty, chunk.
  /// Errors: NotFoundError, IoError, DataError (damaged archive, long line refused).
  std::optional<Chunk> next();

  /// Of the files read to their end, in order.
  const std::vector<ReadFile>& files() const { return files_; }

  /// Stored bytes read so far; any thread may ask.
  int64_t stored_bytes() const { return stored_bytes_.load(std::memory_order_relaxed); }

 private:
  void open();
  bool fill();
  void drop_byte_order_mark();
  bool line_ends_chunk(std::string_view line) const;
  Chunk take(size_t end, bool ends_file);
  std::optional<Chunk> end_file();
  void skip_long_line();
  bool skip_to_newline(int64_t& length);
  void count_long_line(int64_t length);

  const CorpusOptions& options_;
  size_t file_ = 0;
  std::unique_ptr<RawBytes> raw_;
  std::unique_ptr<ByteStream> stream_;
  std::string buffer_;
  size_t begin_ = 0;    ///< of the text not yet given out
  size_t line_ = 0;     ///< start of the current line
  size_t scan_ = 0;     ///< no newline in [line_, scan_)
  int64_t offset_ = 0;  ///< of buffer_[begin_] in the file
  bool starts_file_ = true;
  int64_t chunks_ = 0;
  CorpusCounts counts_;  ///< for the next chunk
  int64_t finished_bytes_ = 0;
  std::vector<ReadFile> files_;
  std::atomic<int64_t> stored_bytes_{0};
};

}  // namespace tpretrain::text
