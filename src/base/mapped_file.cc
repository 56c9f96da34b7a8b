#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "base/posix_file.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"

namespace tpretrain {
namespace {

/// What the signal handler may read: plain memory and lock-free atomics. `begin` is written last
/// and cleared first, so that a handler never sees half a slot.
struct Slot {
  std::atomic<uintptr_t> begin{0};
  std::atomic<size_t> size{0};
  std::atomic<char*> path{nullptr};
};

constexpr size_t kSlots = 4096;  // mappings beyond them are served but not named
std::array<Slot, kSlots> g_slots;
std::mutex g_slots_mutex;

struct sigaction g_previous {};

static_assert(std::atomic<uintptr_t>::is_always_lock_free);

void write_text(const char* text) {
  // The process ends at once: nothing can be done about a failed write.
  [[maybe_unused]] const ssize_t count = ::write(STDERR_FILENO, text, std::strlen(text));
}

void on_bus_error(int, siginfo_t* info, void*) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (const Slot& slot : g_slots) {
    const uintptr_t begin = slot.begin.load(std::memory_order_acquire);
    if (begin != 0 && address >= begin && address - begin < slot.size.load()) {
      write_text("tpretrain: FATAL code=74 reason=a mapped file shrank: ");
      write_text(slot.path.load());
      write_text("\n");
      _exit(static_cast<int>(ExitStatus::kIo));
    }
  }
  // Not ours: the access is repeated under whatever handled the signal before.
  ::sigaction(SIGBUS, &g_previous, nullptr);
}

void install_handler() {
  struct sigaction action {};

  action.sa_sigaction = &on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, &g_previous);
}

void remember(const void* begin, size_t size, const fs::path& path) {
  static std::once_flag once;
  std::call_once(once, install_handler);
  const std::lock_guard lock(g_slots_mutex);
  for (Slot& slot : g_slots) {
    if (slot.begin.load() == 0) {
      slot.size = size;
      slot.path = ::strdup(path.c_str());
      slot.begin.store(reinterpret_cast<uintptr_t>(begin), std::memory_order_release);
      return;
    }
  }
}

void forget(const void* begin) {
  const std::lock_guard lock(g_slots_mutex);
  for (Slot& slot : g_slots) {
    if (slot.begin.load() == reinterpret_cast<uintptr_t>(begin)) {
      slot.begin.store(0);
      std::free(slot.path.exchange(nullptr));
      return;
    }
  }
}

}  // namespace

MappedFile::MappedFile(const fs::path& path) : path_(path) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) {
    throw_io(path, "cannot be opened", errno);
  }

  struct stat status {};

  if (::fstat(descriptor.get(), &status) != 0) {
    throw_io(path, "cannot be examined", errno);
  }
  if (!S_ISREG(status.st_mode)) {
    throw IoError(fmt::format("{}: is not a regular file", path.string()));
  }
  if (status.st_size == 0) {
    return;
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor.get(), 0);
  if (memory == MAP_FAILED) {
    throw_io(path, "cannot be mapped", errno);
  }
  data_ = static_cast<const std::byte*>(memory);
  size_ = size;
  remember(data_, size_, path_);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) {
    forget(data_);
    ::munmap(const_cast<std::byte*>(data_), size_);
  }
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace tpretrain
