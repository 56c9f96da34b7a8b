#include "tests/train/checkpoint/crash_model.h"

#include <algorithm>

namespace tpretrain::testing {
namespace {

using Kind = DiskOp::Kind;

}  // namespace

/// Decides directories from the root down, then the contents of the files that can be reached: what
/// cannot be reached does not make two disks different.
class CrashModel::Walk {
 public:
  Walk(const CrashModel& model, const std::function<bool(const Disk&)>& visit)
      : model_(model), visit_(visit), disk_(model.nodes_) {}

  int64_t run() {
    directories({0}, {});
    return visited_;
  }

 private:
  void directories(std::vector<int> open, std::vector<int> files) {
    if (open.empty()) {
      contents(files, 0);
      return;
    }
    const int node = open.back();
    open.pop_back();
    disk_[node].directory = true;
    for (const auto& entries : model_.possible_entries(model_.directories_.at(node))) {
      auto next_open = open;
      auto next_files = files;
      for (const auto& [name, child] : entries) {
        (model_.directories_.count(child) > 0 ? next_open : next_files).push_back(child);
      }
      disk_[node].entries = entries;
      directories(std::move(next_open), std::move(next_files));
      if (stopped_) {
        return;
      }
    }
  }

  void contents(const std::vector<int>& files, size_t index) {
    if (index == files.size()) {
      ++visited_;
      stopped_ = !visit_(disk_);
      return;
    }
    for (auto& content : model_.possible_contents(model_.files_.at(files[index]))) {
      disk_[files[index]].content = std::move(content);
      contents(files, index + 1);
      if (stopped_) {
        return;
      }
    }
  }

  const CrashModel& model_;
  const std::function<bool(const Disk&)>& visit_;
  Disk disk_;
  int64_t visited_ = 0;
  bool stopped_ = false;
};

CrashModel::CrashModel(const Disk& initial) : nodes_(initial.size()) {
  for (size_t i = 0; i < initial.size(); ++i) {
    if (initial[i].directory) {
      directories_[static_cast<int>(i)].durable = initial[i].entries;
    } else {
      files_[static_cast<int>(i)] = {initial[i].content, initial[i].content.size()};
    }
  }
}

void CrashModel::advance(const DiskOp& op) {
  switch (op.kind) {
    case Kind::kCreate:
      nodes_ = std::max(nodes_, static_cast<size_t>(op.node) + 1);
      if (op.directory) {
        directories_[op.node];
      } else {
        files_[op.node];
      }
      directories_[op.parent].pending.push_back(op);
      break;
    case Kind::kRename:
    case Kind::kUnlink:
      directories_[op.parent].pending.push_back(op);
      break;
    case Kind::kWrite:
      files_[op.node].content += op.bytes;
      break;
    case Kind::kSyncFile:
      files_[op.node].durable = files_[op.node].content.size();
      break;
    case Kind::kSyncDirectory: {
      auto& directory = directories_[op.node];
      Disk scratch(nodes_);
      scratch[op.node].entries = directory.durable;
      for (const auto& pending : directory.pending) {
        apply_op(scratch, pending);
      }
      directory.durable = scratch[op.node].entries;
      directory.pending.clear();
      break;
    }
    case Kind::kMark:
      break;
  }
}

std::set<CrashModel::Entries> CrashModel::possible_entries(const DirectoryState& directory) const {
  std::set<Entries> all;
  const auto& pending = directory.pending;
  for (uint64_t subset = 0; subset < uint64_t{1} << pending.size(); ++subset) {
    Entries entries = directory.durable;
    for (size_t i = 0; i < pending.size(); ++i) {
      if ((subset >> i & 1) == 0) {
        continue;
      }
      entries.erase(pending[i].name);
      if (pending[i].kind != Kind::kUnlink) {
        entries[pending[i].kind == Kind::kRename ? pending[i].to : pending[i].name] =
            pending[i].node;
      }
    }
    all.insert(std::move(entries));
  }
  return all;
}

std::vector<std::string> CrashModel::possible_contents(const FileState& file) const {
  const std::string durable = file.content.substr(0, file.durable);
  const size_t fresh = file.content.size() - file.durable;
  if (fresh == 0) {
    return {durable};
  }
  return {durable, durable + file.content.substr(file.durable, (fresh + 1) / 2),
          durable + std::string(fresh, '\0'), file.content};
}

int64_t CrashModel::enumerate(const std::function<bool(const Disk&)>& visit) const {
  return Walk(*this, visit).run();
}

}  // namespace tpretrain::testing
