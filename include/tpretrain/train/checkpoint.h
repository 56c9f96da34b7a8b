/// Checkpoints on disk: a commit protocol that survives a crash at any instant, and the scan that
/// finds the newest checkpoint whose every byte is right. Bytes only, no tensors.
///
///   <run>/ledger                         one line for each committed step, synced
///   <run>/checkpoints/step-0001000/      MANIFEST.json and the files that it lists
///     step-0001000.tmp.<run id>          being written; swept at the next start
///     step-0001000.bad.<run id>          damaged, moved aside when its step was committed again
///     step-0001000.old.<run id>          newer than the step that a run was rewound to
///     step-0001000.del.<run id>          being removed by retention
///
/// A commit: 1. files into the tmp directory, each synced and closed. 2. MANIFEST.json with their
/// checksums, synced; the tmp directory synced. 3. rename to step-N; `checkpoints` synced: from
/// here the step is committed. 4. ledger line, synced. 5. retention. An error before the end of 3
/// discards the checkpoint; a failed fsync is never retried.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tpretrain/base/fs.h"

namespace tpretrain {

/// Every failpoint of a commit, in the order in which they are passed. Points of step 1 are passed
/// once a file (`chunk_written` once a chunk), those of step 5 once a removed step;
/// `checkpoint.moved_aside` only when a damaged step-N stands in the way.
inline constexpr std::array<const char*, 19> kCheckpointFailpoints = {
    "checkpoint.begin",
    "checkpoint.directory_made",
    "checkpoint.file_created",
    "checkpoint.chunk_written",
    "checkpoint.file_written",
    "checkpoint.file_synced",
    "checkpoint.file_closed",
    "checkpoint.manifest_created",
    "checkpoint.manifest_written",
    "checkpoint.manifest_synced",
    "checkpoint.manifest_closed",
    "checkpoint.directory_synced",
    "checkpoint.moved_aside",
    "checkpoint.renamed",
    "checkpoint.parent_synced",
    "checkpoint.ledger_synced",
    "checkpoint.retention_renamed",
    "checkpoint.retention_removed",
    "checkpoint.done",
};

/// Files are checked in chunks of this size; the last one may be shorter.
inline constexpr uint64_t kCheckpointChunk = uint64_t{1} << 20;

struct CheckpointFile {
  std::string name;
  uint64_t bytes = 0;
  std::vector<uint32_t> chunks;  ///< CRC32C of each chunk
  std::string xxh3;              ///< XXH3-128 of the whole file
};

/// What the trainer states about a checkpoint.
struct ManifestInfo {
  int64_t samples = 0;  ///< consumed so far
  int64_t tokens = 0;
  int64_t updates = 0;  ///< optimizer steps that were applied (skipped ones are not)
  int world = 1;
  int virtual_shards = 1;
  std::string recipe_hash;
  std::string plan_hash;
  std::string build_id;
  std::string libtorch;
  int threads = 1;
  std::string blas;
  std::string history = "[]";  ///< JSON text
  std::string extra = "{}";    ///< JSON text: whatever else a resume needs
};

struct Manifest : ManifestInfo {
  static constexpr int kFormat = 1;
  int64_t step = 0;
  std::optional<int64_t> previous_step;  ///< the step committed before this one
  std::vector<CheckpointFile> files;     ///< sorted by name

  const CheckpointFile* find(const std::string& name) const;  ///< null when absent
};

struct Checkpoint {
  fs::path directory;
  Manifest manifest;

  int64_t step() const { return manifest.step; }

  fs::path file(const std::string& name) const { return directory / name; }
};

/// How much of a checkpoint is read before it is called good.
enum class CheckDepth {
  kSizes,   ///< the manifest and the sizes of the files
  kChunks,  ///< and the CRC32C of every chunk, several at a time: what a resume does
  kDeep,    ///< and the XXH3-128 of every file
};

/// Opens one checkpoint directory. CheckpointError names the file and the chunk that is wrong.
/// `threads` = 0 uses the processor's; the result does not depend on it.
Checkpoint open_checkpoint(FileSystem& file_system, const fs::path& directory,
                           CheckDepth depth = CheckDepth::kChunks, int threads = 0);

/// Checks the chunks of a mapped file at first touch, for readers that want a few tensors of a
/// large file at once. Safe to call from several threads.
class ChunkGuard {
 public:
  /// `data` are the bytes of the whole file; CheckpointError when their number is not `file.bytes`.
  ChunkGuard(const CheckpointFile& file, const std::byte* data, uint64_t size);
  ~ChunkGuard();
  ChunkGuard(const ChunkGuard&) = delete;
  ChunkGuard& operator=(const ChunkGuard&) = delete;
  /// Call before bytes [offset, offset + size) are used.
  void check(uint64_t offset, uint64_t size);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct RejectedCheckpoint {
  int64_t step = 0;
  fs::path directory;
  std::string reason;
};

using RejectCallback = std::function<void(const RejectedCheckpoint&)>;

/// The checkpoints of a run, read only: needs neither the lock of the run nor write permission.
class CheckpointReader {
 public:
  CheckpointReader(FileSystem& file_system, fs::path run_directory, int threads = 0);

  std::vector<int64_t> steps() const;  ///< every step-N, ascending, good or not
  fs::path directory(int64_t step) const;
  Checkpoint open(int64_t step, CheckDepth depth = CheckDepth::kChunks) const;
  /// The reason why a step is not good; none when it is.
  std::optional<std::string> verify(int64_t step, CheckDepth depth) const;
  /// The newest good checkpoint. Older ones are not read. Each newer one that is rejected is
  /// reported. None for a run that never committed; CheckpointError when a checkpoint is expected
  /// (the ledger or a step-N exists) but none is good: a run never restarts silently.
  std::optional<Checkpoint> newest(const RejectCallback& on_reject = {},
                                   CheckDepth depth = CheckDepth::kChunks) const;
  /// The last step that the ledger names.
  std::optional<int64_t> ledger_step() const;

 private:
  FileSystem& file_system_;
  fs::path run_directory_;
  int threads_;
};

struct CheckpointOptions {
  int keep = 3;  ///< good checkpoints that retention leaves; at least 2
  int threads = 0;
  std::function<void(const std::string&)> warn;  ///< default: the log
};

class CheckpointWriter;

/// The writing side; the caller holds the lock of the run (RunDirectory). One thread at a time.
class CheckpointStore {
 public:
  /// Makes `checkpoints` and the ledger durable. `run_id`: 1 to 64 of [A-Za-z0-9_-].
  CheckpointStore(FileSystem& file_system, const fs::path& run_directory, std::string run_id,
                  CheckpointOptions options = {});
  CheckpointStore(const CheckpointStore&) = delete;
  CheckpointStore& operator=(const CheckpointStore&) = delete;

  const CheckpointReader& reader() const { return reader_; }

  /// Removes what interrupted commits and removals of other runs left behind. Call at start.
  void sweep();
  /// `reader().newest()`, remembered as good and as the previous step of the next commit.
  std::optional<Checkpoint> resume(const RejectCallback& on_reject = {});
  /// Opens `step` to continue from it: newer steps are moved aside, so that a later resume cannot
  /// pick the abandoned future.
  Checkpoint rewind(int64_t step);
  /// Starts a checkpoint. `expected_bytes` > 0: IoError when the file system has less free.
  std::unique_ptr<CheckpointWriter> begin(int64_t step, uint64_t expected_bytes = 0);
  /// Leaves the newest `keep` >= 1 good checkpoints, and no damaged or abandoned ones. Returns the
  /// names of the removed directories.
  std::vector<std::string> prune(int keep);

 private:
  friend class CheckpointWriter;
  bool is_good(int64_t step);
  void remove_step(int64_t step);
  std::vector<std::string> retain(int keep);
  void committed(int64_t step);
  fs::path aside(int64_t step, const char* why) const;
  void warn(const std::string& message) const;

  FileSystem& file_system_;
  fs::path run_directory_;
  fs::path directory_;  ///< <run>/checkpoints
  std::string run_id_;
  CheckpointOptions options_;
  CheckpointReader reader_;
  std::optional<int64_t> previous_step_;
  std::map<int64_t, bool> good_;  ///< what this process knows of the steps on disk
};

/// One checkpoint in the making. Destroying it before `commit` returned discards it.
class CheckpointWriter {
 public:
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  int64_t step() const { return step_; }

  /// A file that takes its checksums while it is written; `close` syncs first. Several may be open
  /// at once. After any error of a file the checkpoint can only be discarded.
  std::unique_ptr<OutputFile> add_file(const std::string& name);
  /// The files written here so far, for the rank that commits.
  std::vector<CheckpointFile> files() const;
  /// Files that other ranks wrote into the same directory.
  void adopt(const std::vector<CheckpointFile>& files);
  /// Makes the checkpoint durable. IoError: it is discarded and earlier ones stand; except when the
  /// ledger alone failed, which leaves it in place, committed. A step that already has a good
  /// checkpoint keeps it (the state of a step is a function of the step).
  void commit(const ManifestInfo& info);

 private:
  friend class CheckpointStore;
  struct Files;
  CheckpointWriter(CheckpointStore& store, int64_t step);
  void write_manifest(const ManifestInfo& info);
  void publish();
  void discard() noexcept;

  CheckpointStore& store_;
  int64_t step_;
  fs::path scratch_;
  fs::path target_;
  std::shared_ptr<Files> files_;
  bool renamed_ = false;
  bool finished_ = false;
};

}  // namespace tpretrain
