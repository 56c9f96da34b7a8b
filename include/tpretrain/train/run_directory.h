/// The directory of a run: created, proven writable and locked before anything is computed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tpretrain/base/fs.h"

namespace tpretrain {

/// 1 to 100 characters of [A-Za-z0-9._-], and neither "." nor "..".
bool valid_run_name(std::string_view name);

/// Holds the lock of a run directory until it is destroyed or the process ends, however it ends.
class RunDirectory {
 public:
  /// Creates `path`, whose last part is the name of the run, durably; writes, syncs, renames and
  /// removes a probe file; takes the lock. UsageError for a bad name; OutputError with path and
  /// errno text when the directory cannot be used, or naming the holder (host, pid, start) when
  /// another process has it.
  static RunDirectory acquire(FileSystem& file_system, const fs::path& path);
  ~RunDirectory();
  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&& other) noexcept;
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  /// Keeps an earlier run as `<path>.old-N`, locked until a new directory of its name is. Returns
  /// its place; none when `acquire` made the directory.
  std::optional<fs::path> renew(FileSystem& file_system);

  const fs::path& path() const { return path_; }

  /// 16 random hexadecimal digits: marks what this process leaves unfinished.
  const std::string& run_id() const { return run_id_; }

 private:
  RunDirectory(fs::path path, std::string run_id, int lock, bool created);
  void release() noexcept;

  fs::path path_;
  std::string run_id_;
  int lock_ = -1;
  bool created_ = false;
};

/// Why a process of a run ended with an error.
struct ExitRecord {
  int rank = 0;
  std::string host;
  int64_t step = 0;
  int code = 0;
  std::string reason;
};

/// Writes <run>/exit/rank-R.json, replacing an earlier one.
void write_exit_record(FileSystem& file_system, const fs::path& run_directory,
                       const ExitRecord& record);

/// The name of this machine, as it stands in lock and exit records.
std::string host_name();

}  // namespace tpretrain
