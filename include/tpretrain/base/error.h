/// Errors that people read: one line that says what, where and what is allowed, with an optional
/// hint.
///
/// Library code throws one of the classes below and never exits. The program maps the code of an
/// error to its exit status with `exit_status` (the only table of status numbers in the project).
#pragma once

#include <stdexcept>
#include <string>

#if defined(_WIN32)
#error "tpretrain supports Linux only"
#endif
#define TP_EXPORT __attribute__((visibility("default")))

namespace tpretrain {

enum class ErrorCode {
  kUsage,        ///< the command line is wrong
  kConfig,       ///< the recipe is wrong, or disagrees with a checkpoint
  kData,         ///< input data are bad
  kCheckpoint,   ///< a checkpoint is expected but missing or corrupt
  kOutput,       ///< an output cannot be created
  kIo,           ///< reading or writing failed
  kNotFound,     ///< a named thing does not exist
  kShape,        ///< tensor shapes or dtypes do not fit
  kDevice,       ///< a device is missing or failed
  kDistributed,  ///< ranks disagree, died or hang
  kNumerics,     ///< training diverged beyond the allowed limit
  kInternal,     ///< a defect of the library
};

/// Exit status of the program (sysexits numbers where one exists; 75 asks a scheduler to requeue).
enum class ExitStatus : int {
  kOk = 0,
  kUsage = 64,
  kData = 65,
  kCheckpoint = 66,
  kInternal = 70,
  kOutput = 73,
  kIo = 74,
  kRequeue = 75,
  kHang = 76,
  kConfig = 78,
  kNumerics = 79,
};

class TP_EXPORT Error : public std::runtime_error {
 public:
  /// `hint`: what the user can do about it; printed on a line of its own. May be empty.
  Error(ErrorCode code, const std::string& message, std::string hint = {});

  ErrorCode code() const noexcept { return code_; }

  const std::string& hint() const noexcept { return hint_; }

  const char* what() const noexcept override { return full_.c_str(); }

  /// Adds where the error happened while unwinding: "while building encoder 'transformer'".
  void add_context(const std::string& where);

 private:
  ErrorCode code_;
  std::string hint_;
  std::string full_;
};

/// One subclass per code, so that callers catch by type across shared libraries.
template <ErrorCode kCode>
class TP_EXPORT ErrorOf : public Error {
 public:
  explicit ErrorOf(const std::string& message, std::string hint = {})
      : Error(kCode, message, std::move(hint)) {}
};

using UsageError = ErrorOf<ErrorCode::kUsage>;
using ConfigError = ErrorOf<ErrorCode::kConfig>;
using DataError = ErrorOf<ErrorCode::kData>;
using CheckpointError = ErrorOf<ErrorCode::kCheckpoint>;
using OutputError = ErrorOf<ErrorCode::kOutput>;
using IoError = ErrorOf<ErrorCode::kIo>;
using NotFoundError = ErrorOf<ErrorCode::kNotFound>;
using ShapeError = ErrorOf<ErrorCode::kShape>;
using DeviceError = ErrorOf<ErrorCode::kDevice>;
using DistributedError = ErrorOf<ErrorCode::kDistributed>;
using NumericsError = ErrorOf<ErrorCode::kNumerics>;
using InternalError = ErrorOf<ErrorCode::kInternal>;

/// The one map from error code to exit status.
ExitStatus exit_status(ErrorCode code) noexcept;

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace tpretrain

/// For mistakes of the programmer only: never reachable from a recipe, a file or an option.
#define TP_ASSERT(expression) \
  ((expression) ? (void)0 : ::tpretrain::assertion_failed(#expression, __FILE__, __LINE__))
