#include "tests/train/checkpoint/protocol_check.h"

#include <algorithm>
#include <set>
#include <utility>

#include "tests/train/checkpoint/crash_model.h"
#include "tests/train/checkpoint/testing.h"
#include "tpretrain/base/error.h"
#include "train/checkpoint/names.h"

namespace tpretrain::testing {
namespace {

using Kind = DiskOp::Kind;

/// What a correct protocol owes at one point of a trace.
struct Promise {
  std::set<int64_t> committed;
  int64_t acknowledged = -1;
  int64_t rewound = -1;  ///< steps after this one belong to the new future; -1: none

  void advance(const DiskOp& op) {
    const size_t space = op.name.find(' ');
    if (op.kind != Kind::kMark || space == std::string::npos) {
      return;
    }
    const std::string what = op.name.substr(0, space);
    const int64_t step = std::stoll(op.name.substr(space + 1));
    if (what == "committed") {
      committed.insert(step);
    } else if (what == "acknowledged") {
      acknowledged = step;
    } else if (what == "rewinding") {
      committed.erase(committed.upper_bound(step), committed.end());
      acknowledged = -1;
    } else if (what == "rewound") {
      rewound = step;
    }
  }

  std::string salt(int64_t step) const { return rewound >= 0 && step > rewound ? "new" : ""; }
};

class Judge {
 public:
  Judge(const Expectations& expectations, Verdict& verdict)
      : expectations_(expectations), verdict_(verdict) {}

  bool judge(const Disk& disk, const Promise& promise) {
    ++verdict_.states;
    MemoryFileSystem file_system(disk);
    CheckpointStore store(file_system, kRun, "next", quiet());
    store.sweep();
    std::optional<Checkpoint> found;
    try {
      found = expectations_.depth == CheckDepth::kChunks
                  ? store.resume()
                  : store.reader().newest({}, expectations_.depth);
    } catch (const CheckpointError&) {
      ++(promise.committed.empty() ? verdict_.refused : verdict_.lost);
      return !done();
    }
    compare(file_system, store, found, promise);
    const int64_t every = expectations_.continue_every;
    if (every > 0 && verdict_.states % every == 0) {
      go_on(file_system, found ? found->step() + 1 : 1);
    }
    return !done();
  }

  bool done() const {
    return expectations_.stop_at != nullptr && verdict_.*expectations_.stop_at > 0;
  }

 private:
  void compare(MemoryFileSystem& file_system, const CheckpointStore& store,
               const std::optional<Checkpoint>& found, const Promise& promise) {
    if (!promise.committed.empty() && (!found || found->step() < *promise.committed.rbegin())) {
      ++verdict_.lost;
    }
    if (found && !has_content(file_system, *found, promise.salt(found->step()))) {
      ++verdict_.corrupt;
    }
    int64_t good = 0;
    for (const int64_t step : store.reader().steps()) {
      good += store.reader().verify(step, expectations_.depth) ? 0 : 1;
    }
    if (good < static_cast<int64_t>(std::min<size_t>(promise.committed.size(), 2))) {
      ++verdict_.too_few;
    }
    if (store.reader().ledger_step().value_or(-1) < promise.acknowledged) {
      ++verdict_.unledgered;
    }
  }

  void go_on(MemoryFileSystem& file_system, int64_t step) {
    CheckpointStore store(file_system, kRun, "later", quiet());
    try {
      commit_step(store, step, default_files(), "later");
      const auto found = store.resume();
      if (!found || found->step() != step || !has_content(file_system, *found, "later")) {
        ++verdict_.stuck;
      }
    } catch (const Error&) {
      ++verdict_.stuck;
    }
  }

  const Expectations& expectations_;
  Verdict& verdict_;
};

DiskOp mark(const std::string& what, int64_t step) {
  return {.kind = Kind::kMark, .name = what + " " + std::to_string(step)};
}

}  // namespace

Disk empty_run() {
  MemoryFileSystem file_system;
  file_system.make_directory(kRun);
  return file_system.disk();
}

Trace record(const Disk& initial, const std::function<void(MemoryFileSystem&)>& work) {
  MemoryFileSystem file_system(initial);
  work(file_system);
  Trace trace{initial, {}};
  std::optional<int64_t> renamed;
  std::optional<int64_t> unacknowledged;
  for (const auto& op : file_system.trace()) {
    trace.ops.push_back(op);
    const auto target = parse_step_name(op.to);
    if (op.kind == Kind::kRename && target && target->why.empty()) {
      renamed = target->step;
    } else if (op.kind == Kind::kSyncDirectory && op.path == kRun / kCheckpointsName && renamed) {
      trace.ops.push_back(mark("committed", *renamed));
      unacknowledged = std::exchange(renamed, std::nullopt);
    } else if (op.kind == Kind::kSyncFile && op.path == kRun / kLedgerName && unacknowledged) {
      trace.ops.push_back(mark("acknowledged", *unacknowledged));
      unacknowledged.reset();
    }
  }
  return trace;
}

std::string rewinding_mark(int64_t step) {
  return mark("rewinding", step).name;
}

std::string rewound_mark(int64_t step) {
  return mark("rewound", step).name;
}

std::string Verdict::text() const {
  return "states " + std::to_string(states) + ", lost " + std::to_string(lost) + ", corrupt " +
         std::to_string(corrupt) + ", refused " + std::to_string(refused) + ", too few " +
         std::to_string(too_few) + ", unledgered " + std::to_string(unledgered) + ", stuck " +
         std::to_string(stuck);
}

Verdict check(const Trace& trace, const Expectations& expectations) {
  Verdict verdict;
  Judge judge(expectations, verdict);
  CrashModel model(trace.initial);
  Promise promise;
  promise.committed.insert(expectations.committed.begin(), expectations.committed.end());
  for (size_t point = 0; point <= trace.ops.size(); ++point) {
    // Before a mark the disk is the same as after it, and less is owed.
    const bool marked = point < trace.ops.size() && trace.ops[point].kind == Kind::kMark;
    if (point >= expectations.first_point && !marked) {
      model.enumerate([&](const Disk& disk) { return judge.judge(disk, promise); });
    }
    if (judge.done()) {
      break;
    }
    if (point < trace.ops.size()) {
      model.advance(trace.ops[point]);
      promise.advance(trace.ops[point]);
    }
  }
  return verdict;
}

}  // namespace tpretrain::testing
