/// The file-system seam: everything that must survive a crash goes through `FileSystem`, so that
/// tests can make any call fail or record what a power loss would leave behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tpretrain {

namespace fs = std::filesystem;

/// An open file for writing. Every call throws IoError with path and errno text when it fails.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual void write(const void* data, size_t size) = 0;
  virtual void sync() = 0;   ///< fsync; never retried after a failure
  virtual void close() = 0;  ///< must be called; the destructor closes silently
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// A new file (O_EXCL | O_NOFOLLOW); an existing one is an IoError.
  virtual std::unique_ptr<OutputFile> create(const fs::path& path) = 0;
  /// Opens for appending, creating it when absent.
  virtual std::unique_ptr<OutputFile> append(const fs::path& path) = 0;
  virtual void make_directory(const fs::path& path) = 0;  ///< parents included; existing is fine
  virtual void rename(const fs::path& from, const fs::path& to) = 0;
  virtual void remove(const fs::path& path) = 0;  ///< file or whole tree; absent is fine
  virtual void sync_directory(const fs::path& path) = 0;
  virtual std::vector<std::string> list(const fs::path& path) = 0;  ///< names, sorted
  virtual bool exists(const fs::path& path) = 0;
  virtual uint64_t size(const fs::path& path) = 0;
  virtual uint64_t free_bytes(const fs::path& path) = 0;
  /// Reads exactly `size` bytes at `offset`; three tries with back-off on EIO, then IoError.
  virtual void read(const fs::path& path, uint64_t offset, void* out, size_t size) = 0;

  /// The whole file; larger than `limit` is an IoError before memory is taken.
  std::string read_all(const fs::path& path, uint64_t limit = uint64_t{1} << 30);
  /// create + write + sync + close.
  void write_new(const fs::path& path, std::string_view bytes);
  /// The content of a new or existing file, all of it or none. Errors: those of AtomicFile.
  void replace(const fs::path& path, std::string_view bytes);

  /// The real one (POSIX).
  static FileSystem& posix();
};

/// A file that gets its content all at once: written beside it, as `<path>.tmp`, then renamed. A
/// link is followed.
class AtomicFile {
 public:
  /// Errors: OutputError when `path` or the name beside it is something else than a file (a device,
  /// a folder); IoError.
  AtomicFile(FileSystem& file_system, const fs::path& path);
  /// Removes what was not committed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  OutputFile& file() { return *file_; }

  /// Syncs the file, but not its folder.
  void commit();

 private:
  FileSystem& file_system_;
  fs::path target_;
  fs::path scratch_;
  std::unique_ptr<OutputFile> file_;
  bool committed_ = false;
};

/// A file mapped read-only. A file that shrinks while it is mapped ends the process with the FATAL
/// line and exit status 74 (a SIGBUS handler, installed at the first mapping).
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::byte* data() const noexcept { return data_; }

  size_t size() const noexcept { return size_; }

  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Names a point where a test may stop, delay or fail the program:
/// TPRETRAIN_FAILPOINT=name:hit:action with action kill, term, stop, throw, enospc, eio or
/// sleep=SECONDS. Compiled to nothing unless TPRETRAIN_FAILPOINTS is defined for the build.
#if defined(TPRETRAIN_FAILPOINTS)
void failpoint(const char* name);
#else
inline void failpoint(const char*) {}
#endif

}  // namespace tpretrain
