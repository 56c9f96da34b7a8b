/// Threads of a pool. Torch-free.
#pragma once

#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "tpretrain/base/error.h"

namespace tpretrain::data {

/// Adds a thread that runs `run` to a pool of `wanted`. Errors: IoError when the system has none
/// left; those that run are the caller's to stop.
template <typename Run>
void start_thread(std::vector<std::thread>& threads, int64_t wanted, Run run) {
  try {
    threads.emplace_back(std::move(run));
  } catch (const std::system_error& error) {
    throw IoError(fmt::format("thread {} of {} cannot be started: {}", threads.size() + 1, wanted,
                              error.what()),
                  "ask for fewer `threads`, or raise the limit (ulimit -u, pids of a container)");
  }
}

}  // namespace tpretrain::data
