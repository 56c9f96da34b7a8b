#include "tpretrain/base/fs.h"

#if defined(TPRETRAIN_FAILPOINTS)

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include <unistd.h>

#include "tpretrain/base/config.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

struct Failpoint {
  std::string name;
  int64_t hit = 0;  ///< the hit that acts, from 1
  std::string action;
  int64_t seen = 0;
};

std::vector<Failpoint> read_failpoints() {
  std::vector<Failpoint> out;
  const char* text = std::getenv("TPRETRAIN_FAILPOINT");
  if (text == nullptr || *text == '\0') {
    return out;
  }
  for (const std::string& spec : split(text, ',')) {
    const std::vector<std::string> parts = split(spec, ':');
    const auto hit = parts.size() == 3 ? parse_integer(parts[1]) : std::nullopt;
    if (!hit || *hit < 1) {
      throw UsageError("TPRETRAIN_FAILPOINT must be name:hit:action with hit >= 1, but is '" +
                       escape_control(spec) + "'");
    }
    out.push_back({parts[0], *hit, parts[2]});
  }
  return out;
}

void send_signal(int signal) {
  kill(getpid(), signal);
}

[[noreturn]] void fail_io(const std::string& name, int error) {
  throw IoError("failpoint '" + name + "': " + std::strerror(error));
}

void act(const std::string& name, const std::string& action) {
  constexpr std::string_view kSleep = "sleep=";
  if (action == "kill") {
    send_signal(SIGKILL);
  } else if (action == "term") {
    send_signal(SIGTERM);
  } else if (action == "stop") {
    send_signal(SIGSTOP);
  } else if (action == "throw") {
    throw InternalError("failpoint '" + name + "'");
  } else if (action == "enospc") {
    fail_io(name, ENOSPC);
  } else if (action == "eio") {
    fail_io(name, EIO);
  } else if (action.substr(0, kSleep.size()) == kSleep &&
             parse_number(action.substr(kSleep.size()))) {
    const double seconds = *parse_number(action.substr(kSleep.size()));
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  } else {
    throw UsageError("failpoint '" + name + "': unknown action '" + escape_control(action) +
                     "'; known: kill, term, stop, throw, enospc, eio, sleep=SECONDS");
  }
}

}  // namespace

void failpoint(const char* name) {
  static std::vector<Failpoint> failpoints = read_failpoints();
  static std::mutex mutex;
  std::string action;
  {
    const std::lock_guard lock(mutex);
    for (Failpoint& point : failpoints) {
      if (point.name == name && ++point.seen == point.hit) {
        action = point.action;
      }
    }
  }
  if (!action.empty()) {
    act(name, action);
  }
}

}  // namespace tpretrain

#endif
