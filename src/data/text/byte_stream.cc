#include "data/text/byte_stream.h"

#include <cstring>
#include <sys/stat.h>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "tpretrain/base/error.h"

namespace tpretrain::text {

namespace {

constexpr size_t kBlock = 256 << 10;

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Stored bytes with room to look at the first ones before deciding what they are.
class Input {
 public:
  explicit Input(RawBytes& raw) : raw_(raw), block_(kBlock) {}

  /// Reads the next block when the last one is used up; false at the end.
  bool refill() {
    if (at_ == size_) {
      size_ = raw_.read(block_.data(), block_.size());
      at_ = 0;
    }
    return at_ < size_;
  }

  char* data() { return block_.data() + at_; }

  size_t size() const { return size_ - at_; }

  void take(size_t count) { at_ += count; }

  const std::string& path() const { return raw_.path(); }

 private:
  RawBytes& raw_;
  std::vector<char> block_;
  size_t at_ = 0;
  size_t size_ = 0;
};

[[noreturn]] void refuse(const Input& input, const char* form, const std::string& what) {
  throw DataError(fmt::format("{}: damaged {} data: {}", input.path(), form, what),
                  "make the archive again, or give the text uncompressed");
}

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(std::unique_ptr<Input> input) : input_(std::move(input)) {}

  size_t read(char* out, size_t size) override {
    if (!input_->refill()) {
      return 0;
    }
    const size_t count = std::min(size, input_->size());
    std::memcpy(out, input_->data(), count);
    input_->take(count);
    return count;
  }

 private:
  std::unique_ptr<Input> input_;
};

class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(std::unique_ptr<Input> input) : input_(std::move(input)) {
    if (::inflateInit2(&state_, 16 + MAX_WBITS) != Z_OK) {
      throw InternalError("zlib cannot be initialised");
    }
  }

  ~GzipStream() override { ::inflateEnd(&state_); }

  size_t read(char* out, size_t size) override {
    state_.next_out = reinterpret_cast<Bytef*>(out);
    state_.avail_out = static_cast<uInt>(std::min<size_t>(size, 1U << 30));
    const uInt wanted = state_.avail_out;
    while (state_.avail_out == wanted) {
      if (!input_->refill()) {
        if (inside_) {
          refuse(*input_, "gzip", "it ends in the middle");
        }
        return 0;
      }
      inflate_block();
    }
    return wanted - state_.avail_out;
  }

 private:
  void inflate_block() {
    state_.next_in = reinterpret_cast<Bytef*>(input_->data());
    state_.avail_in = static_cast<uInt>(input_->size());
    inside_ = true;
    const int status = ::inflate(&state_, Z_NO_FLUSH);
    input_->take(input_->size() - state_.avail_in);
    if (status == Z_STREAM_END) {
      inside_ = false;  // another member may follow
      ::inflateReset(&state_);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      refuse(*input_, "gzip", state_.msg != nullptr ? state_.msg : "unreadable");
    }
  }

  std::unique_ptr<Input> input_;
  z_stream state_{};
  bool inside_ = false;
};

class ZstdStream final : public ByteStream {
 public:
  explicit ZstdStream(std::unique_ptr<Input> input)
      : input_(std::move(input)), state_(::ZSTD_createDStream()) {
    if (state_ == nullptr) {
      throw InternalError("zstd cannot be initialised");
    }
  }

  ~ZstdStream() override { ::ZSTD_freeDStream(state_); }

  size_t read(char* out, size_t size) override {
    ZSTD_outBuffer to{out, size, 0};
    while (to.pos == 0) {
      // Decoded bytes may wait inside the decoder when all input is taken.
      const bool more = input_->refill();
      ZSTD_inBuffer from{input_->data(), input_->size(), 0};
      const size_t status = ::ZSTD_decompressStream(state_, &to, &from);
      input_->take(from.pos);
      if (::ZSTD_isError(status) != 0) {
        refuse(*input_, "zstd", ::ZSTD_getErrorName(status));
      }
      if (from.pos > 0) {
        inside_ = status != 0;
      }
      if (!more && to.pos == 0) {
        if (inside_) {
          refuse(*input_, "zstd", "it ends in the middle");
        }
        return 0;
      }
    }
    return to.pos;
  }

 private:
  std::unique_ptr<Input> input_;
  ZSTD_DStream* state_;
  bool inside_ = false;
};

}  // namespace

RawBytes::RawBytes(std::string path) : path_(std::move(path)) {
  descriptor_ = path_ == "-" ? ::dup(STDIN_FILENO) : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    const int code = errno;
    if (code == ENOENT) {
      throw NotFoundError(fmt::format("{}: no such file", path_));
    }
    throw IoError(fmt::format("{}: cannot be opened: {}", path_, std::strerror(code)));
  }

  struct stat status {};

  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
    regular_ = true;
    size_ = status.st_size;
    modified_ns_ = nanoseconds(status.st_mtim);
  }
}

RawBytes::~RawBytes() {
  ::close(descriptor_);
}

size_t RawBytes::read(char* out, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(descriptor_, out + done, size - done);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      throw IoError(fmt::format("{}: cannot be read: {}", path_, std::strerror(errno)));
    }
    if (count == 0) {
      break;
    }
    done += static_cast<size_t>(count);
  }
  hash_.update(out, done);
  bytes_ += static_cast<int64_t>(done);
  return done;
}

void RawBytes::check_unchanged() const {
  struct stat status {};

  if (!regular_ || ::fstat(descriptor_, &status) != 0) {
    return;
  }
  if (status.st_size != size_ || nanoseconds(status.st_mtim) != modified_ns_) {
    throw DataError(fmt::format("{}: changed while it was read ({} bytes at first, {} now)", path_,
                                size_, static_cast<int64_t>(status.st_size)),
                    "let the program that writes it finish first");
  }
}

std::unique_ptr<ByteStream> open_stream(RawBytes& raw) {
  auto input = std::make_unique<Input>(raw);
  input->refill();
  const std::string_view head(input->data(), std::min<size_t>(input->size(), 4));
  if (head.starts_with("\x1F\x8B")) {
    return std::make_unique<GzipStream>(std::move(input));
  }
  if (head == "\x28\xB5\x2F\xFD") {
    return std::make_unique<ZstdStream>(std::move(input));
  }
  if (raw.path().ends_with(".gz") || raw.path().ends_with(".zst")) {
    if (!head.empty()) {
      refuse(*input, raw.path().ends_with(".gz") ? "gzip" : "zstd", "wrong first bytes");
    }
  }
  return std::make_unique<PlainStream>(std::move(input));
}

}  // namespace tpretrain::text
