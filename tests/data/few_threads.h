/// A process that the system gives a few threads only.
#pragma once

#include <cstdio>
#include <fstream>
#include <functional>
#include <sys/resource.h>

#include <pthread.h>
#include <unistd.h>

#include "base/child.h"
#include "tpretrain/base/error.h"

namespace tpretrain::testing {

/// Runs `body` in a child with room for eight stacks and some heap. Status 7 and the message: it
/// threw an IoError.
inline ChildResult run_with_few_threads(const std::function<void()>& body) {
  return run_child([&body] {
    constexpr size_t kStack = size_t{256} << 20;
    size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t most =
        pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)) + 8 * kStack + kStack / 8;
    const rlimit limit{most, most};
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstacksize(&attributes, kStack) != 0 ||
        pthread_setattr_default_np(&attributes) != 0 || setrlimit(RLIMIT_AS, &limit) != 0) {
      return 1;
    }
    try {
      body();
    } catch (const IoError& error) {
      std::fputs(error.what(), stderr);
      return 7;
    }
    return 0;
  });
}

}  // namespace tpretrain::testing
