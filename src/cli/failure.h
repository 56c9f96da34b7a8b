/// How a process that failed says so: error lines, the FATAL line, the exit record.
#pragma once

#include <exception>
#include <string>

#include "cli/commands.h"

namespace tpretrain::cli {

/// Prints `tpretrain: error: ...` and `hint: ...` for an error, then ends as `finish` does.
int fail(const std::exception& error, const RunState& state);

/// The process's exit status. Unless it is 0, prints the last line
///   tpretrain: FATAL rank=0 host=H step=S code=C reason=...
/// and writes <run>/exit/rank-0.json when the run directory is there; 0 removes an earlier record.
int finish(const Outcome& outcome, const RunState& state);

}  // namespace tpretrain::cli
