/// Text for people, on stderr and in the log file of the run; results go to stdout.
/// Lines: `[12:00:01] [train] message`. The sink lives in one source file; this header is light.
#pragma once

#include <string>
#include <string_view>

namespace tpretrain::log {

enum class Level { kDebug, kInfo, kWarn, kError, kOff };
enum class Format { kText, kJson };

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
  int rank = 0;  ///< only rank 0 writes to the console
};

void configure(const Options& options);

/// Lines go to this file too (appended), in place of an earlier one. A log write that fails never
/// stops training.
void open_file(const std::string& path);

void write(Level level, std::string_view area, std::string_view message);

inline void debug(std::string_view area, std::string_view message) {
  write(Level::kDebug, area, message);
}

inline void info(std::string_view area, std::string_view message) {
  write(Level::kInfo, area, message);
}

inline void warn(std::string_view area, std::string_view message) {
  write(Level::kWarn, area, message);
}

inline void error(std::string_view area, std::string_view message) {
  write(Level::kError, area, message);
}

/// A status line that is redrawn in place on a terminal (throttled) and printed as a plain line at
/// a lower rate elsewhere; other log lines appear above it.
class Progress {
 public:
  Progress();
  ~Progress();
  /// `force` prints also where the throttle would hold it back (the last line of a phase).
  void update(const std::string& line, bool force = false);
  void finish();

 private:
  double last_ = -1e9;
  bool terminal_ = false;
};

/// True when stderr is a terminal and NO_COLOR is not set.
bool color_enabled();

}  // namespace tpretrain::log
