/// Every disk that a power loss may leave behind, on the weakest file system: data that were not
/// synced are absent, torn, zero or complete; entries of a directory that were not synced persist
/// in any subset, each rename as a whole.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/train/checkpoint/memory_file_system.h"

namespace tpretrain::testing {

class CrashModel {
 public:
  /// `initial` is durable as a whole.
  explicit CrashModel(const Disk& initial);

  void advance(const DiskOp& op);

  /// Calls `visit` with each distinct disk until it returns false. Returns how many were visited.
  int64_t enumerate(const std::function<bool(const Disk&)>& visit) const;

 private:
  struct FileState {
    std::string content;
    size_t durable = 0;  ///< leading bytes that are on the medium
  };

  struct DirectoryState {
    std::map<std::string, int> durable;
    std::vector<DiskOp> pending;
  };

  using Entries = std::map<std::string, int>;

  std::set<Entries> possible_entries(const DirectoryState& directory) const;
  std::vector<std::string> possible_contents(const FileState& file) const;

  class Walk;

  std::map<int, FileState> files_;
  std::map<int, DirectoryState> directories_;
  size_t nodes_ = 0;
};

}  // namespace tpretrain::testing
