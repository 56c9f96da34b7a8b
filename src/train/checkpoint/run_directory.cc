#include "tpretrain/train/run_directory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <random>
#include <sys/stat.h>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

constexpr const char* kOwnerName = "owner";
constexpr std::string_view kProbePrefix = ".probe.";

std::string new_run_id() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

/// For people only; nothing compares it.
std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

[[noreturn]] void fail(const fs::path& path, int error) {
  throw OutputError(fmt::format("cannot use '{}': {}", path.string(), std::strerror(error)));
}

/// Creates `path` and its missing parents, each entry durable.
void create(FileSystem& file_system, const fs::path& path) {
  std::vector<fs::path> missing;
  for (fs::path part = path; !part.empty() && !file_system.exists(part);
       part = part.parent_path()) {
    missing.push_back(part);
  }
  file_system.make_directory(path);
  for (const auto& part : missing) {
    file_system.sync_directory(part.has_parent_path() ? part.parent_path() : fs::path("."));
  }
}

void probe(FileSystem& file_system, const fs::path& directory, const std::string& run_id) {
  const fs::path first = directory / fmt::format("{}{}", kProbePrefix, run_id);
  const fs::path second = first.string() + ".renamed";
  file_system.write_new(first, "probe\n");
  file_system.rename(first, second);
  file_system.remove(second);
}

/// Probes that a killed start left behind; only the holder of the lock removes them.
void remove_old_probes(FileSystem& file_system, const fs::path& directory) {
  for (const auto& name : file_system.list(directory)) {
    if (std::string_view(name).substr(0, kProbePrefix.size()) == kProbePrefix) {
      file_system.remove(directory / name);
    }
  }
}

std::string read_owner(int file) {
  std::array<char, 512> text{};
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  const std::string owner(text.data(), static_cast<size_t>(std::max<ssize_t>(size, 0)));
  const auto trimmed = trim(owner);
  return trimmed.empty() ? "another process" : escape_control(trimmed);
}

void write_owner(const fs::path& path, int file) {
  const std::string text = fmt::format("host {}, pid {}, since {}\n", host_name(),
                                       static_cast<int64_t>(getpid()), now_text());
  if (ftruncate(file, 0) != 0 ||
      pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    fail(path, errno);
  }
}

/// The lock belongs to the open file, not to the process: the kernel frees it when the last
/// descriptor goes, also after SIGKILL, and a second open in the same process conflicts too.
int lock_owner_file(const fs::path& directory) {
  const fs::path path = directory / kOwnerName;
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file < 0) {
    fail(path, errno);
  }

  struct flock lock {};

  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(file, F_OFD_SETLK, &lock) != 0) {
    const int error = errno;
    const std::string owner = read_owner(file);
    close(file);
    if (error != EAGAIN && error != EACCES) {
      fail(path, error);
    }
    throw OutputError(
        fmt::format("the run directory '{}' is in use by {}", directory.string(), owner),
        "wait for that job, stop it, or choose another run with --run");
  }
  try {
    write_owner(path, file);
  } catch (...) {
    close(file);
    throw;
  }
  return file;
}

fs::path without_trailing_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

bool valid_run_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "unknown";
}

RunDirectory RunDirectory::acquire(FileSystem& file_system, const fs::path& path) {
  const fs::path directory = without_trailing_slash(path);
  const std::string name = directory.filename().string();
  if (!valid_run_name(name)) {
    throw UsageError(
        fmt::format("a run must be named by 1 to 100 of [A-Za-z0-9._-], but '{}' is "
                    "given instead",
                    escape_control(name)));
  }
  const std::string run_id = new_run_id();
  const bool created = !file_system.exists(directory);
  try {
    create(file_system, directory);
    probe(file_system, directory, run_id);
  } catch (const IoError& error) {
    throw OutputError(fmt::format("cannot write to the run directory '{}': {}", directory.string(),
                                  error.what()));
  }
  RunDirectory run(directory, run_id, lock_owner_file(directory), created);
  remove_old_probes(file_system, directory);
  return run;
}

std::optional<fs::path> RunDirectory::renew(FileSystem& file_system) {
  if (created_) {
    return std::nullopt;
  }
  fs::path aside;
  for (int n = 1; aside.empty() || file_system.exists(aside); ++n) {
    aside = fmt::format("{}.old-{}", path_.string(), n);
  }
  file_system.rename(path_, aside);
  *this = acquire(file_system, path_);
  return aside;
}

RunDirectory::RunDirectory(fs::path path, std::string run_id, int lock, bool created)
    : path_(std::move(path)), run_id_(std::move(run_id)), lock_(lock), created_(created) {}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : path_(std::move(other.path_)),
      run_id_(std::move(other.run_id_)),
      lock_(std::exchange(other.lock_, -1)),
      created_(other.created_) {}

RunDirectory& RunDirectory::operator=(RunDirectory&& other) noexcept {
  if (this != &other) {
    release();
    path_ = std::move(other.path_);
    run_id_ = std::move(other.run_id_);
    lock_ = std::exchange(other.lock_, -1);
    created_ = other.created_;
  }
  return *this;
}

RunDirectory::~RunDirectory() {
  release();
}

void RunDirectory::release() noexcept {
  if (lock_ >= 0) {
    close(lock_);
    lock_ = -1;
  }
}

}  // namespace tpretrain
