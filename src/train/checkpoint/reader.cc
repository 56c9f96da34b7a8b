#include <algorithm>

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/train/checkpoint.h"
#include "train/checkpoint/ledger.h"
#include "train/checkpoint/manifest.h"
#include "train/checkpoint/names.h"
#include "train/checkpoint/verify.h"

namespace tpretrain {
namespace {

std::string read_manifest_text(FileSystem& file_system, const fs::path& directory) {
  const fs::path path = directory / kManifestName;
  if (!file_system.exists(path)) {
    throw CheckpointError(fmt::format("{} is missing", kManifestName));
  }
  return file_system.read_all(path, kMaxManifest);
}

Checkpoint load(FileSystem& file_system, const fs::path& directory, CheckDepth depth, int threads) {
  Checkpoint checkpoint{directory, parse_manifest(read_manifest_text(file_system, directory))};
  verify_files(file_system, checkpoint, depth, threads);
  return checkpoint;
}

/// `step-N` must hold the manifest of step N.
Checkpoint load_step(FileSystem& file_system, const fs::path& directory, int64_t step,
                     CheckDepth depth, int threads) {
  Checkpoint checkpoint = load(file_system, directory, depth, threads);
  if (checkpoint.step() != step) {
    throw CheckpointError(fmt::format("{} must be of step {}, but is of step {} instead",
                                      kManifestName, step, checkpoint.step()));
  }
  return checkpoint;
}

/// Calls `load`; an error becomes the reason why the checkpoint is not good.
template <typename Load>
std::optional<std::string> reason_of(const Load& load) {
  try {
    load();
  } catch (const CheckpointError& error) {
    return error.what();
  } catch (const IoError& error) {
    return error.what();
  }
  return std::nullopt;
}

}  // namespace

Checkpoint open_checkpoint(FileSystem& file_system, const fs::path& directory, CheckDepth depth,
                           int threads) {
  Checkpoint checkpoint;
  const auto reason = reason_of([&] { checkpoint = load(file_system, directory, depth, threads); });
  if (reason) {
    throw CheckpointError(
        fmt::format("the checkpoint '{}' cannot be used: {}", directory.string(), *reason));
  }
  return checkpoint;
}

CheckpointReader::CheckpointReader(FileSystem& file_system, fs::path run_directory, int threads)
    : file_system_(file_system), run_directory_(std::move(run_directory)), threads_(threads) {}

fs::path CheckpointReader::directory(int64_t step) const {
  return run_directory_ / kCheckpointsName / step_name(step);
}

std::vector<int64_t> CheckpointReader::steps() const {
  const fs::path path = run_directory_ / kCheckpointsName;
  std::vector<int64_t> steps;
  if (file_system_.exists(path)) {
    for (const auto& name : file_system_.list(path)) {
      const auto parsed = parse_step_name(name);
      if (parsed && parsed->why.empty()) {
        steps.push_back(parsed->step);
      }
    }
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

Checkpoint CheckpointReader::open(int64_t step, CheckDepth depth) const {
  Checkpoint checkpoint;
  const fs::path path = directory(step);
  if (!file_system_.exists(path)) {
    throw CheckpointError(
        fmt::format("there is no checkpoint of step {} in '{}'", step, run_directory_.string()));
  }
  const auto reason =
      reason_of([&] { checkpoint = load_step(file_system_, path, step, depth, threads_); });
  if (reason) {
    throw CheckpointError(
        fmt::format("the checkpoint '{}' cannot be used: {}", path.string(), *reason));
  }
  return checkpoint;
}

std::optional<std::string> CheckpointReader::verify(int64_t step, CheckDepth depth) const {
  return reason_of([&] { load_step(file_system_, directory(step), step, depth, threads_); });
}

std::optional<int64_t> CheckpointReader::ledger_step() const {
  return read_ledger(file_system_, run_directory_ / kLedgerName).step;
}

std::optional<Checkpoint> CheckpointReader::newest(const RejectCallback& on_reject,
                                                   CheckDepth depth) const {
  const std::vector<int64_t> present = steps();
  for (auto step = present.rbegin(); step != present.rend(); ++step) {
    Checkpoint checkpoint;
    const auto reason = reason_of(
        [&] { checkpoint = load_step(file_system_, directory(*step), *step, depth, threads_); });
    if (!reason) {
      return checkpoint;
    }
    if (on_reject) {
      on_reject({*step, directory(*step), *reason});
    }
  }
  const LedgerState ledger = read_ledger(file_system_, run_directory_ / kLedgerName);
  if (!ledger.used && present.empty()) {
    return std::nullopt;
  }
  throw CheckpointError(
      fmt::format("'{}' {}, but holds no good checkpoint", run_directory_.string(),
                  ledger.step ? fmt::format("committed step {}", *ledger.step)
                              : std::string("has been trained")),
      "restore its checkpoints directory, or start again with --fresh");
}

}  // namespace tpretrain
