/// Runs the real writer over a recording file system, and the real reader over every disk that a
/// crash may leave.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/train/checkpoint/memory_file_system.h"
#include "tpretrain/train/checkpoint.h"

namespace tpretrain::testing {

struct Trace {
  Disk initial;
  std::vector<DiskOp> ops;
};

/// A disk with an empty run directory, durable.
Disk empty_run();

/// Records what `work` does, and marks where a step becomes committed (`checkpoints` synced after
/// the rename) and acknowledged (ledger synced).
Trace record(const Disk& initial, const std::function<void(MemoryFileSystem&)>& work);

/// Marks that `check` understands: from here steps after `step` are to be lost, or belong to the
/// new future, whose content has the salt "new".
std::string rewinding_mark(int64_t step);
std::string rewound_mark(int64_t step);

struct Verdict {
  int64_t states = 0;
  int64_t lost = 0;        ///< a committed step is not found again
  int64_t corrupt = 0;     ///< something other than what was written is accepted
  int64_t refused = 0;     ///< nothing was committed, yet the run cannot start
  int64_t too_few = 0;     ///< less than two good checkpoints, though two were committed
  int64_t unledgered = 0;  ///< an acknowledged step is not in the ledger
  int64_t stuck = 0;       ///< the next commit after the crash fails

  int64_t bad() const { return lost + corrupt + refused + too_few + unledgered + stuck; }

  std::string text() const;
};

struct Expectations {
  CheckDepth depth = CheckDepth::kChunks;  ///< kSizes: a reader without checksums
  std::vector<int64_t> committed;          ///< before the trace starts
  size_t first_point = 0;                  ///< ops before this one are not crashed after
  int64_t Verdict::*stop_at = nullptr;     ///< end at the first violation of this kind
  int64_t continue_every = 0;  ///< > 0: after every n-th crash, commit once more and resume again
};

Verdict check(const Trace& trace, const Expectations& expectations = {});

}  // namespace tpretrain::testing
