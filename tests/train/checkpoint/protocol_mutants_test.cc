/// Wrong protocols: each op sequence below differs from the real writer's in one point, and some
/// crash must show it. A mutant that passes means that the enumeration has lost its teeth.

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/train/checkpoint/protocol_check.h"
#include "tests/train/checkpoint/testing.h"

namespace tpretrain::testing {
namespace {

using Kind = DiskOp::Kind;
using Ops = std::vector<DiskOp>;
using Is = bool (*)(const DiskOp&);

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

bool in_ledger(const DiskOp& op) {
  return op.path.filename() == "ledger";
}

bool is_data_sync(const DiskOp& op) {
  return op.kind == Kind::kSyncFile && contains(op.path, ".tmp.") &&
         op.path.filename() != "MANIFEST.json";
}

bool is_data_write(const DiskOp& op) {
  return op.kind == Kind::kWrite && contains(op.path, ".tmp.") &&
         op.path.filename() != "MANIFEST.json";
}

bool is_manifest_sync(const DiskOp& op) {
  return op.kind == Kind::kSyncFile && op.path.filename() == "MANIFEST.json";
}

bool is_manifest_create(const DiskOp& op) {
  return op.kind == Kind::kCreate && op.path.filename() == "MANIFEST.json";
}

bool is_scratch_create(const DiskOp& op) {
  return op.kind == Kind::kCreate && op.directory && contains(op.name, ".tmp.");
}

bool is_scratch_sync(const DiskOp& op) {
  return op.kind == Kind::kSyncDirectory && contains(op.path, ".tmp.");
}

bool is_rename(const DiskOp& op) {
  return op.kind == Kind::kRename && contains(op.name, ".tmp.");
}

bool is_parent_sync(const DiskOp& op) {
  return op.kind == Kind::kSyncDirectory && op.path.filename() == "checkpoints";
}

bool is_run_sync(const DiskOp& op) {
  return op.kind == Kind::kSyncDirectory && op.path == kRun;
}

bool is_ledger_write(const DiskOp& op) {
  return in_ledger(op) && (op.kind == Kind::kWrite || op.kind == Kind::kSyncFile);
}

bool is_ledger_sync(const DiskOp& op) {
  return in_ledger(op) && op.kind == Kind::kSyncFile;
}

bool is_retention(const DiskOp& op) {
  return contains(op.to, ".del.") || (op.kind == Kind::kUnlink && contains(op.path, ".del."));
}

bool is_committed(const DiskOp& op) {
  return op.kind == Kind::kMark && contains(op.name, "committed ");
}

void drop(Ops& ops, Is which) {
  ops.erase(std::remove_if(ops.begin(), ops.end(), which), ops.end());
}

/// Within every commit: takes the ops that match `which` and puts them before (or after) the first
/// op that matches `anchor`.
void move(Ops& ops, Is which, Is anchor, bool after) {
  Ops moved;
  auto begin = std::find_if(ops.begin(), ops.end(), is_scratch_create);
  Ops result(ops.begin(), begin);
  while (begin != ops.end()) {
    const auto end = std::find_if(begin + 1, ops.end(), is_scratch_create);
    Ops commit(begin, end);
    Ops taken;
    std::copy_if(commit.begin(), commit.end(), std::back_inserter(taken), which);
    drop(commit, which);
    const auto at = std::find_if(commit.begin(), commit.end(), anchor);
    ASSERT_NE(at, commit.end());
    commit.insert(at + (after ? 1 : 0), taken.begin(), taken.end());
    result.insert(result.end(), commit.begin(), commit.end());
    begin = end;
  }
  ops = std::move(result);
}

void write_under_final_name(Ops& ops) {
  for (auto& op : ops) {
    if (is_scratch_create(op)) {
      op.name = op.name.substr(0, op.name.find('.'));
    }
  }
  drop(ops, is_rename);
}

struct Mutant {
  const char* name;
  int64_t Verdict::*violation;  ///< what some crash must show
  void (*mutate)(Ops&);
  CheckDepth depth = CheckDepth::kChunks;
};

const Mutant kMutants[] = {
    {"DataNotSynced", &Verdict::lost, [](Ops& ops) { drop(ops, is_data_sync); }},
    {"ManifestNotSynced", &Verdict::lost, [](Ops& ops) { drop(ops, is_manifest_sync); }},
    {"ScratchDirectoryNotSynced", &Verdict::lost, [](Ops& ops) { drop(ops, is_scratch_sync); }},
    {"ParentNotSynced", &Verdict::lost, [](Ops& ops) { drop(ops, is_parent_sync); }},
    {"LedgerNotSynced", &Verdict::unledgered, [](Ops& ops) { drop(ops, is_ledger_sync); }},
    {"RunDirectoryNotSynced", &Verdict::lost, [](Ops& ops) { drop(ops, is_run_sync); }},
    {"DataNotSyncedNorChecked", &Verdict::corrupt, [](Ops& ops) { drop(ops, is_data_sync); },
     CheckDepth::kSizes},
    {"DataWrittenAfterItsSync", &Verdict::lost,
     [](Ops& ops) { move(ops, is_data_sync, is_data_write, false); }},
    {"DataSyncedAfterCommit", &Verdict::lost,
     [](Ops& ops) { move(ops, is_data_sync, is_committed, true); }},
    {"DataSyncedAfterRename", &Verdict::refused,
     [](Ops& ops) { move(ops, is_data_sync, is_rename, true); }},
    {"ManifestSyncedAfterCommit", &Verdict::lost,
     [](Ops& ops) { move(ops, is_manifest_sync, is_committed, true); }},
    {"RenameBeforeManifestSync", &Verdict::refused,
     [](Ops& ops) { move(ops, is_manifest_sync, is_rename, true); }},
    {"ScratchSyncedBeforeManifest", &Verdict::lost,
     [](Ops& ops) { move(ops, is_scratch_sync, is_manifest_create, false); }},
    {"RenameBeforeScratchSync", &Verdict::refused,
     [](Ops& ops) { move(ops, is_scratch_sync, is_rename, true); }},
    {"ParentSyncedBeforeRename", &Verdict::lost,
     [](Ops& ops) { move(ops, is_parent_sync, is_rename, false); }},
    {"LedgerBeforeRename", &Verdict::refused,
     [](Ops& ops) { move(ops, is_ledger_write, is_rename, false); }},
    {"LedgerBeforeParentSync", &Verdict::refused,
     [](Ops& ops) { move(ops, is_ledger_write, is_parent_sync, false); }},
    {"RetentionBeforeRename", &Verdict::too_few,
     [](Ops& ops) { move(ops, is_retention, is_rename, false); }},
    {"RetentionBeforeParentSync", &Verdict::too_few,
     [](Ops& ops) { move(ops, is_retention, is_parent_sync, false); }},
    {"WrittenUnderTheFinalName", &Verdict::refused, write_under_final_name},
};

class ProtocolMutants : public ::testing::TestWithParam<Mutant> {};

TEST_P(ProtocolMutants, AreCaught) {
  Trace trace = record(empty_run(), [](MemoryFileSystem& file_system) {
    CheckpointStore store(file_system, kRun, "writer", quiet());
    for (int64_t step = 1; step <= 3; ++step) {
      commit_step(store, step);
    }
  });
  const size_t ops = trace.ops.size();
  GetParam().mutate(trace.ops);
  ASSERT_LE(trace.ops.size(), ops);
  Expectations expectations;
  expectations.depth = GetParam().depth;
  expectations.stop_at = GetParam().violation;
  const Verdict verdict = check(trace, expectations);
  std::printf("mutant %s: %s\n", GetParam().name, verdict.text().c_str());
  EXPECT_GT(verdict.*GetParam().violation, 0) << "no crash state shows the mutant";
}

INSTANTIATE_TEST_SUITE_P(Protocol, ProtocolMutants, ::testing::ValuesIn(kMutants),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace tpretrain::testing
