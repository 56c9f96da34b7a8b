#include "tpretrain/base/error.h"

namespace tpretrain {

Error::Error(ErrorCode code, const std::string& message, std::string hint)
    : std::runtime_error(message), code_(code), hint_(std::move(hint)), full_(message) {}

void Error::add_context(const std::string& where) {
  full_ += " (" + where + ")";
}

ExitStatus exit_status(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kUsage:
      return ExitStatus::kUsage;
    case ErrorCode::kConfig:
    case ErrorCode::kNotFound:
    case ErrorCode::kShape:
      return ExitStatus::kConfig;
    case ErrorCode::kData:
      return ExitStatus::kData;
    case ErrorCode::kCheckpoint:
      return ExitStatus::kCheckpoint;
    case ErrorCode::kOutput:
      return ExitStatus::kOutput;
    case ErrorCode::kIo:
      return ExitStatus::kIo;
    case ErrorCode::kDistributed:
      return ExitStatus::kRequeue;
    case ErrorCode::kNumerics:
      return ExitStatus::kNumerics;
    // A scheduler must not put a run without a working device back in the queue for ever.
    case ErrorCode::kDevice:
    case ErrorCode::kInternal:
      return ExitStatus::kInternal;
  }
  return ExitStatus::kInternal;
}

void assertion_failed(const char* expression, const char* file, int line) {
  throw InternalError(
      std::string("assertion failed: ") + expression + " at " + file + ":" + std::to_string(line),
      "this is a defect of tpretrain; please report it");
}

}  // namespace tpretrain
