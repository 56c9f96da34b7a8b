/// Temporary memory of a thread that is kept from call to call.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace tpretrain::ops {

/// A growing buffer, 64-byte aligned; its contents are not kept when it grows.
class Scratch {
 public:
  template <typename T>
  T* get(int64_t count) {
    const size_t bytes = (static_cast<size_t>(count) * sizeof(T) + 63) / 64 * 64;
    if (bytes > size_) {
      memory_.reset(std::aligned_alloc(64, bytes));
      if (memory_ == nullptr) {
        size_ = 0;
        throw std::bad_alloc();
      }
      size_ = bytes;
    }
    return static_cast<T*>(memory_.get());
  }

 private:
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };

  std::unique_ptr<void, Free> memory_;
  size_t size_ = 0;
};

/// `Tag` tells users apart that need their memory at the same time.
template <typename Tag>
Scratch& thread_scratch() {
  static thread_local Scratch scratch;
  return scratch;
}

}  // namespace tpretrain::ops
