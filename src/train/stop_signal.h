/// INT, TERM and USR1: the first asks the loop to finish its step and commit, the second ends the
/// process at once with 128 + the signal's number.
#pragma once

namespace tpretrain {

/// Handles the signals while it lives; PIPE is ignored.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  /// Number of the signal that came, 0 when none did.
  static int received();
};

}  // namespace tpretrain
