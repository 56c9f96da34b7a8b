/// A file system in memory that records what is done to it, for tests of crashes and faults.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tpretrain/base/fs.h"

namespace tpretrain::testing {

/// One elementary change of a disk. Nodes are numbered in the order of their creation; 0 is the
/// root directory.
struct DiskOp {
  enum class Kind { kCreate, kWrite, kSyncFile, kRename, kUnlink, kSyncDirectory, kMark };
  Kind kind = Kind::kMark;
  int node = 0;       ///< what is created, written or synced
  int parent = 0;     ///< directory whose entries change
  std::string name;   ///< entry that appears, moves or goes; text of a mark
  std::string to;     ///< new name of a renamed entry (in the same directory)
  std::string bytes;  ///< appended by a write
  bool directory = false;
  fs::path path;  ///< where the caller acted, for readers of a trace
};

struct DiskNode {
  bool directory = false;
  std::string content;
  std::map<std::string, int> entries;
};

using Disk = std::vector<DiskNode>;

/// Changes `disk` as the op says.
void apply_op(Disk& disk, const DiskOp& op);

class MemoryFileSystem : public FileSystem {
 public:
  MemoryFileSystem();

  explicit MemoryFileSystem(Disk disk) : disk_(std::move(disk)) {}

  const Disk& disk() const { return disk_; }

  const std::vector<DiskOp>& trace() const { return trace_; }

  void mark(const std::string& text);
  void perform(DiskOp op);
  /// Whole content of a file, to be read or damaged.
  std::string& content(const fs::path& path);

  std::unique_ptr<OutputFile> create(const fs::path& path) override;
  std::unique_ptr<OutputFile> append(const fs::path& path) override;
  void make_directory(const fs::path& path) override;
  void rename(const fs::path& from, const fs::path& to) override;
  void remove(const fs::path& path) override;
  void sync_directory(const fs::path& path) override;
  std::vector<std::string> list(const fs::path& path) override;
  bool exists(const fs::path& path) override;
  uint64_t size(const fs::path& path) override;
  uint64_t free_bytes(const fs::path& path) override;
  void read(const fs::path& path, uint64_t offset, void* out, size_t size) override;

  uint64_t free = uint64_t{1} << 40;

 private:
  int find(const fs::path& path) const;  ///< -1 when absent
  int require(const fs::path& path, bool directory) const;
  int add(const fs::path& path, bool directory);
  void remove_tree(int parent, const std::string& name, const fs::path& path);

  Disk disk_;
  std::vector<DiskOp> trace_;
};

}  // namespace tpretrain::testing
