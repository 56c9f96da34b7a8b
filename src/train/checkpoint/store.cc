#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/checkpoint.h"
#include "train/checkpoint/ledger.h"
#include "train/checkpoint/names.h"

namespace tpretrain {

CheckpointStore::CheckpointStore(FileSystem& file_system, const fs::path& run_directory,
                                 std::string run_id, CheckpointOptions options)
    : file_system_(file_system),
      run_directory_(run_directory),
      directory_(run_directory / kCheckpointsName),
      run_id_(std::move(run_id)),
      options_(std::move(options)),
      reader_(file_system, run_directory, options_.threads) {
  TP_ASSERT(valid_run_id(run_id_));
  TP_ASSERT(options_.keep >= 2);
  file_system_.make_directory(directory_);
  file_system_.append(run_directory_ / kLedgerName)->close();
  file_system_.sync_directory(run_directory_);
}

void CheckpointStore::warn(const std::string& message) const {
  options_.warn ? options_.warn(message) : log::warn("checkpoint", message);
}

fs::path CheckpointStore::aside(int64_t step, const char* why) const {
  return directory_ / step_name(step, why, run_id_);
}

void CheckpointStore::sweep() {
  for (const auto& name : file_system_.list(directory_)) {
    const auto parsed = parse_step_name(name);
    if (parsed && (parsed->why == "tmp" || parsed->why == "del") && parsed->run_id != run_id_) {
      file_system_.remove(directory_ / name);
    }
  }
}

std::optional<Checkpoint> CheckpointStore::resume(const RejectCallback& on_reject) {
  auto checkpoint = reader_.newest([&](const RejectedCheckpoint& rejected) {
    good_[rejected.step] = false;
    if (on_reject) {
      on_reject(rejected);
    }
  });
  if (!checkpoint) {
    return std::nullopt;
  }
  good_[checkpoint->step()] = true;
  previous_step_ = checkpoint->step();
  const auto named = reader_.ledger_step();
  if (named && *named > checkpoint->step()) {
    warn(fmt::format("the ledger names step {}, but the newest good checkpoint is of step {}",
                     *named, checkpoint->step()));
  }
  return checkpoint;
}

Checkpoint CheckpointStore::rewind(int64_t step) {
  Checkpoint checkpoint = reader_.open(step);
  append_ledger(file_system_, run_directory_ / kLedgerName, "rewound", step, run_id_);
  for (const int64_t newer : reader_.steps()) {
    if (newer > step) {
      const fs::path target = aside(newer, "old");
      file_system_.remove(target);
      file_system_.rename(reader_.directory(newer), target);
      good_.erase(newer);
    }
  }
  file_system_.sync_directory(directory_);
  good_[step] = true;
  previous_step_ = step;
  return checkpoint;
}

std::unique_ptr<CheckpointWriter> CheckpointStore::begin(int64_t step, uint64_t expected_bytes) {
  TP_ASSERT(step >= 0);
  if (expected_bytes > 0) {
    const uint64_t free = file_system_.free_bytes(directory_);
    if (free < expected_bytes) {
      throw IoError(fmt::format("the checkpoint of step {} needs {}, but '{}' has {} free", step,
                                human_bytes(expected_bytes), directory_.string(),
                                human_bytes(free)));
    }
  }
  failpoint("checkpoint.begin");
  std::unique_ptr<CheckpointWriter> writer(new CheckpointWriter(*this, step));
  failpoint("checkpoint.directory_made");
  return writer;
}

bool CheckpointStore::is_good(int64_t step) {
  const auto known = good_.find(step);
  if (known != good_.end()) {
    return known->second;
  }
  return good_[step] = !reader_.verify(step, CheckDepth::kChunks);
}

void CheckpointStore::remove_step(int64_t step) {
  const fs::path target = aside(step, "del");
  file_system_.remove(target);
  file_system_.rename(reader_.directory(step), target);
  good_.erase(step);
  failpoint("checkpoint.retention_renamed");
  file_system_.remove(target);
  failpoint("checkpoint.retention_removed");
}

std::vector<std::string> CheckpointStore::retain(int keep) {
  std::vector<std::string> removed;
  const std::vector<int64_t> steps = reader_.steps();
  int kept = 0;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (kept < keep) {
      kept += is_good(*step) ? 1 : 0;
    } else {
      remove_step(*step);
      removed.push_back(step_name(*step));
    }
  }
  return removed;
}

std::vector<std::string> CheckpointStore::prune(int keep) {
  TP_ASSERT(keep >= 1);
  good_.clear();  // what was good when it was written may have rotted since
  std::vector<std::string> removed = retain(keep);
  for (const auto& name : file_system_.list(directory_)) {
    const auto parsed = parse_step_name(name);
    if (parsed && !parsed->why.empty()) {
      file_system_.remove(directory_ / name);
      removed.push_back(name);
    }
  }
  file_system_.sync_directory(directory_);
  return removed;
}

/// The step is durable under its final name: the ledger may say so, then old ones may go.
void CheckpointStore::committed(int64_t step) {
  good_[step] = true;
  previous_step_ = step;
  append_ledger(file_system_, run_directory_ / kLedgerName, "committed", step, run_id_);
  failpoint("checkpoint.ledger_synced");
  try {
    retain(options_.keep);
  } catch (const IoError& error) {
    warn(fmt::format("an old checkpoint could not be removed: {}", error.what()));
  }
  failpoint("checkpoint.done");
}

}  // namespace tpretrain
