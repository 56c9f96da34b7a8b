#include "data/text/chunk_reader.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::text {

namespace {

constexpr size_t kMostRead = 1 << 20;
/// Running text is cut at a blank line; after this many chunk sizes without one, at any line.
constexpr size_t kPatience = 4;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

}  // namespace

ChunkReader::ChunkReader(const CorpusOptions& options) : options_(options) {}

void ChunkReader::open() {
  raw_ = std::make_unique<RawBytes>(options_.files[file_]);
  stream_ = open_stream(*raw_);
  buffer_.clear();
  begin_ = line_ = scan_ = 0;
  offset_ = 0;
  starts_file_ = true;
  drop_byte_order_mark();
}

void ChunkReader::drop_byte_order_mark() {
  while (buffer_.size() < 3 && fill()) {
  }
  if (buffer_.starts_with("\xEF\xBB\xBF")) {
    begin_ = line_ = scan_ = 3;
    offset_ = 3;
  }
}

bool ChunkReader::fill() {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    line_ -= begin_;
    scan_ -= begin_;
    begin_ = 0;
  }
  const size_t size = buffer_.size();
  const size_t wanted =
      std::clamp<size_t>(static_cast<size_t>(options_.chunk), size_t{4} << 10, kMostRead);
  buffer_.resize(size + wanted);
  const size_t count = stream_->read(buffer_.data() + size, wanted);
  buffer_.resize(size + count);
  stored_bytes_.store(finished_bytes_ + raw_->bytes(), std::memory_order_relaxed);
  return count > 0;
}

std::optional<Chunk> ChunkReader::next() {
  for (;;) {
    if (!raw_) {
      if (file_ == options_.files.size()) {
        return std::nullopt;
      }
      open();
    }
    const void* found = std::memchr(buffer_.data() + scan_, '\n', buffer_.size() - scan_);
    const size_t end = found != nullptr
                           ? static_cast<size_t>(static_cast<const char*>(found) - buffer_.data())
                           : buffer_.size();
    if (static_cast<int64_t>(end - line_) > options_.max_line) {
      if (line_ > begin_) {
        return take(line_, false);
      }
      skip_long_line();
      continue;
    }
    if (found == nullptr) {
      scan_ = end;
      if (!fill()) {
        return end_file();
      }
      continue;
    }
    const std::string_view line(buffer_.data() + line_, end - line_);
    line_ = scan_ = end + 1;
    if (line_ends_chunk(line)) {
      return take(line_, false);
    }
  }
}

bool ChunkReader::line_ends_chunk(std::string_view line) const {
  const auto chunk = static_cast<size_t>(options_.chunk);
  const size_t size = line_ - begin_;
  if (options_.format == TextFormat::kPlain && !is_blank(line)) {
    return size >= kPatience * chunk;
  }
  return size >= chunk;
}

Chunk ChunkReader::take(size_t end, bool ends_file) {
  Chunk chunk;
  chunk.index = chunks_++;
  chunk.file = static_cast<int64_t>(file_);
  chunk.offset = offset_;
  chunk.starts_file = starts_file_;
  chunk.ends_file = ends_file;
  chunk.text.assign(buffer_, begin_, end - begin_);
  chunk.counts = std::move(counts_);
  chunk.counts.bytes += static_cast<int64_t>(chunk.text.size());
  counts_ = {};
  offset_ += static_cast<int64_t>(end - begin_);
  begin_ = end;
  starts_file_ = false;
  return chunk;
}

std::optional<Chunk> ChunkReader::end_file() {
  Chunk chunk = take(buffer_.size(), true);
  raw_->check_unchanged();
  files_.push_back({raw_->path(), raw_->bytes(), raw_->hash()});
  finished_bytes_ += raw_->bytes();
  stream_.reset();
  raw_.reset();
  ++file_;
  return chunk;
}

/// The long line starts at begin_; it is passed over in constant memory.
void ChunkReader::skip_long_line() {
  int64_t length = 0;
  while (!skip_to_newline(length)) {
    begin_ = line_ = scan_ = buffer_.size();
    if (!fill()) {
      break;
    }
  }
  count_long_line(length);
  offset_ += length;
  counts_.bytes += length;
}

/// Moves behind the next newline, or to the end of the buffer; `length` grows by the bytes passed.
bool ChunkReader::skip_to_newline(int64_t& length) {
  const size_t newline = buffer_.find('\n', begin_);
  const size_t end = newline == std::string::npos ? buffer_.size() : newline + 1;
  length += static_cast<int64_t>(end - begin_);
  begin_ = line_ = scan_ = end;
  return newline != std::string::npos;
}

void ChunkReader::count_long_line(int64_t length) {
  if (options_.long_line == BadText::kError) {
    throw DataError(
        fmt::format("{}: the line at byte {} must be at most {}, but is {} instead.", raw_->path(),
                    offset_, human_bytes(static_cast<uint64_t>(options_.max_line)),
                    human_bytes(static_cast<uint64_t>(length))),
        "break it into lines, raise `max_line`, or set `long_line: drop`");
  }
  counts_.drop(DropReason::kLongLine).add({static_cast<int64_t>(file_), offset_});
}

}  // namespace tpretrain::text
