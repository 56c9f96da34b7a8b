#include "tpretrain/base/log.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <sys/ioctl.h>

#include <fmt/core.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <unistd.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::log {
namespace {

/// A reader that went away must not end the run: holds SIGPIPE back while this thread writes and
/// takes away the one that the write caused.
class PipeSignalGuard {
 public:
  PipeSignalGuard() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }

  ~PipeSignalGuard() {
    const timespec at_once{0, 0};
    while (!was_pending_ && sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  PipeSignalGuard(const PipeSignalGuard&) = delete;
  PipeSignalGuard& operator=(const PipeSignalGuard&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

/// Stderr with an optional status line below the log lines. Guarded by State::mutex.
class ConsoleSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  void draw_status(const std::string& status) {
    status_ = status;
    put("\r" + status_ + kEraseToEnd);
  }

  void end_status() {
    if (!status_.empty()) {
      put("\n");
      status_.clear();
    }
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string line(message.payload.data(), message.payload.size());
    if (message.level >= spdlog::level::warn && color_enabled()) {
      const char* color = message.level == spdlog::level::warn ? "\x1b[33m" : "\x1b[31m";
      line = color + line + "\x1b[0m";
    }
    put(status_.empty() ? line + "\n" : "\r" + line + kEraseToEnd + "\n" + status_);
  }

  void flush_() override {}

 private:
  static constexpr const char* kEraseToEnd = "\x1b[K";

  static void put(const std::string& text) {
    size_t done = 0;
    while (done < text.size()) {
      const ssize_t count = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
      if (count >= 0) {
        done += static_cast<size_t>(count);
      } else if (errno != EINTR) {
        return;  // nowhere is left to say so
      }
    }
  }

  std::string status_;
};

struct State {
  std::mutex mutex;
  Options options;
  std::shared_ptr<ConsoleSink> console = std::make_shared<ConsoleSink>();
  spdlog::logger logger{"tpretrain", console};

  State() {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::trace);
    logger.set_error_handler([](const std::string&) {});
  }
};

// Never destroyed: other static objects may log while the program ends.
State& state() {
  static State* const kState = new State;
  return *kState;
}

spdlog::level::level_enum spdlog_level(Level level) {
  constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                  spdlog::level::err, spdlog::level::off};
  return kLevels.at(static_cast<size_t>(level));
}

const char* level_name(Level level) {
  constexpr std::array kNames = {"debug", "info", "warning", "error", "off"};
  return kNames.at(static_cast<size_t>(level));
}

std::string time_text(const char* format, bool utc) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  utc ? gmtime_r(&now, &parts) : localtime_r(&now, &parts);
  std::array<char, 64> buffer{};
  return {buffer.data(), std::strftime(buffer.data(), buffer.size(), format, &parts)};
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : escape_control(text)) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

std::string make_line(const Options& options, Level level, std::string_view area,
                      std::string_view message) {
  if (options.format == Format::kJson) {
    return fmt::format(R"({{"time":"{}","level":"{}","rank":{},"area":{},"message":{}}})",
                       time_text("%Y-%m-%dT%H:%M:%SZ", true), level_name(level), options.rank,
                       json_string(area), json_string(message));
  }
  const std::string prefix = level >= Level::kWarn ? fmt::format("{}: ", level_name(level)) : "";
  return fmt::format("[{}] [{}] {}{}", time_text("%H:%M:%S", false), escape_control(area), prefix,
                     escape_control(message));
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The first `columns - 1` characters: a full line would scroll and could not be redrawn.
std::string fitted(const std::string& text) {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return text;
  }
  size_t columns = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins_character = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    columns += begins_character ? 1 : 0;
    if (columns >= size.ws_col) {
      return text.substr(0, i);
    }
  }
  return text;
}

}  // namespace

void configure(const Options& options) {
  State& log = state();
  const std::lock_guard lock(log.mutex);
  log.options = options;
  log.console->set_level(options.rank == 0 ? spdlog::level::trace : spdlog::level::off);
}

void open_file(const std::string& path) {
  std::shared_ptr<spdlog::sinks::basic_file_sink_st> sink;
  try {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(path);
  } catch (const spdlog::spdlog_ex& error) {
    throw OutputError(escape_control(error.what()));
  }
  sink->set_pattern("%v");
  State& log = state();
  const std::lock_guard lock(log.mutex);
  log.logger.sinks() = {log.console, std::move(sink)};
}

void write(Level level, std::string_view area, std::string_view message) {
  try {
    State& log = state();
    const std::lock_guard lock(log.mutex);
    if (level == Level::kOff || level < log.options.level) {
      return;
    }
    const PipeSignalGuard guard;
    log.logger.log(spdlog_level(level), make_line(log.options, level, area, message));
  } catch (...) {  // NOLINT(bugprone-empty-catch): a log line is not worth a run
  }
}

Progress::Progress() : terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  finish();
}

void Progress::update(const std::string& line, bool force) {
  constexpr double kRedrawSeconds = 0.1;
  constexpr double kPlainSeconds = 10;
  State& log = state();
  std::unique_lock lock(log.mutex);
  const bool drawn = terminal_ && log.options.format == Format::kText;
  const double now = seconds_now();
  if (!force && now - last_ < (drawn ? kRedrawSeconds : kPlainSeconds)) {
    return;
  }
  last_ = now;
  if (!drawn) {
    lock.unlock();
    write(Level::kInfo, "progress", line);
  } else if (log.options.rank == 0 && log.options.level <= Level::kInfo) {
    const PipeSignalGuard guard;
    log.console->draw_status(fitted(escape_control(line)));
  }
}

void Progress::finish() {
  State& log = state();
  const std::lock_guard lock(log.mutex);
  const PipeSignalGuard guard;
  log.console->end_status();
}

bool color_enabled() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace tpretrain::log
