#include "tests/train/checkpoint/memory_file_system.h"

#include <cstring>

#include "tpretrain/base/error.h"

namespace tpretrain::testing {
namespace {

using Kind = DiskOp::Kind;

class MemoryFile : public OutputFile {
 public:
  MemoryFile(MemoryFileSystem& file_system, int node, fs::path path)
      : file_system_(file_system), node_(node), path_(std::move(path)) {}

  void write(const void* data, size_t size) override {
    DiskOp op{.kind = Kind::kWrite, .node = node_, .path = path_};
    op.bytes.assign(static_cast<const char*>(data), size);
    file_system_.perform(std::move(op));
  }

  void sync() override {
    file_system_.perform({.kind = Kind::kSyncFile, .node = node_, .path = path_});
  }

  void close() override {}

 private:
  MemoryFileSystem& file_system_;
  int node_;
  fs::path path_;
};

}  // namespace

void apply_op(Disk& disk, const DiskOp& op) {
  switch (op.kind) {
    case Kind::kCreate:
      if (static_cast<size_t>(op.node) >= disk.size()) {
        disk.resize(static_cast<size_t>(op.node) + 1);
      }
      disk[op.node].directory = op.directory;
      disk[op.parent].entries[op.name] = op.node;
      break;
    case Kind::kWrite:
      disk[op.node].content += op.bytes;
      break;
    case Kind::kRename:
      disk[op.parent].entries.erase(op.name);
      disk[op.parent].entries[op.to] = op.node;
      break;
    case Kind::kUnlink:
      disk[op.parent].entries.erase(op.name);
      break;
    case Kind::kSyncFile:
    case Kind::kSyncDirectory:
    case Kind::kMark:
      break;
  }
}

MemoryFileSystem::MemoryFileSystem() : disk_(1) {
  disk_[0].directory = true;
}

void MemoryFileSystem::perform(DiskOp op) {
  apply_op(disk_, op);
  trace_.push_back(std::move(op));
}

void MemoryFileSystem::mark(const std::string& text) {
  perform({.kind = Kind::kMark, .name = text});
}

std::string& MemoryFileSystem::content(const fs::path& path) {
  return disk_[require(path, false)].content;
}

int MemoryFileSystem::find(const fs::path& path) const {
  int node = 0;
  for (const auto& part : path) {
    const auto entry = disk_[node].entries.find(part.string());
    if (entry == disk_[node].entries.end()) {
      return -1;
    }
    node = entry->second;
  }
  return node;
}

int MemoryFileSystem::require(const fs::path& path, bool directory) const {
  const int node = find(path);
  if (node < 0 || disk_[node].directory != directory) {
    throw IoError(path.string() + ": No such file or directory");
  }
  return node;
}

int MemoryFileSystem::add(const fs::path& path, bool directory) {
  const int parent = require(path.parent_path(), true);
  const int node = static_cast<int>(disk_.size());
  perform({.kind = Kind::kCreate,
           .node = node,
           .parent = parent,
           .name = path.filename().string(),
           .directory = directory,
           .path = path});
  return node;
}

std::unique_ptr<OutputFile> MemoryFileSystem::create(const fs::path& path) {
  if (find(path) >= 0) {
    throw IoError(path.string() + ": File exists");
  }
  return std::make_unique<MemoryFile>(*this, add(path, false), path);
}

std::unique_ptr<OutputFile> MemoryFileSystem::append(const fs::path& path) {
  const int node = find(path) < 0 ? add(path, false) : require(path, false);
  return std::make_unique<MemoryFile>(*this, node, path);
}

void MemoryFileSystem::make_directory(const fs::path& path) {
  if (find(path) >= 0) {
    return;
  }
  if (path.has_parent_path()) {
    make_directory(path.parent_path());
  }
  add(path, true);
}

void MemoryFileSystem::rename(const fs::path& from, const fs::path& to) {
  const int parent = require(from.parent_path(), true);
  if (find(from) < 0 || from.parent_path() != to.parent_path()) {
    throw IoError(from.string() + ": cannot be renamed");
  }
  const int target = find(to);
  if (target >= 0 && !disk_[target].entries.empty()) {
    throw IoError(to.string() + ": Directory not empty");
  }
  perform({.kind = Kind::kRename,
           .node = find(from),
           .parent = parent,
           .name = from.filename().string(),
           .to = to.filename().string(),
           .path = to});
}

void MemoryFileSystem::remove_tree(int parent, const std::string& name, const fs::path& path) {
  const int node = disk_[parent].entries.at(name);
  const auto children = disk_[node].entries;
  for (const auto& [child, unused] : children) {
    remove_tree(node, child, path / child);
  }
  perform({.kind = Kind::kUnlink, .node = node, .parent = parent, .name = name, .path = path});
}

void MemoryFileSystem::remove(const fs::path& path) {
  if (find(path) >= 0) {
    remove_tree(find(path.parent_path()), path.filename().string(), path);
  }
}

void MemoryFileSystem::sync_directory(const fs::path& path) {
  perform({.kind = Kind::kSyncDirectory, .node = require(path, true), .path = path});
}

std::vector<std::string> MemoryFileSystem::list(const fs::path& path) {
  std::vector<std::string> names;
  for (const auto& [name, node] : disk_[require(path, true)].entries) {
    names.push_back(name);
  }
  return names;
}

bool MemoryFileSystem::exists(const fs::path& path) {
  return find(path) >= 0;
}

uint64_t MemoryFileSystem::size(const fs::path& path) {
  return disk_[require(path, false)].content.size();
}

uint64_t MemoryFileSystem::free_bytes(const fs::path&) {
  return free;
}

void MemoryFileSystem::read(const fs::path& path, uint64_t offset, void* out, size_t size) {
  const std::string& content = disk_[require(path, false)].content;
  if (offset + size > content.size()) {
    throw IoError(path.string() + ": unexpected end of file");
  }
  std::memcpy(out, content.data() + offset, size);
}

}  // namespace tpretrain::testing
