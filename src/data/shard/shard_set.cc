#include "data/shard/shard_set.h"

#include <algorithm>

#include <fmt/core.h>
#include <unistd.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/base/log.h"

namespace tpretrain::data {

namespace {

void keep(const ShardIndex& index, const fs::path& path) {
  FileSystem& files = FileSystem::posix();
  const fs::path partial = fmt::format("{}.partial-{}", path.string(), ::getpid());
  try {
    files.make_directory(fs::absolute(path).parent_path());
    files.remove(partial);
    files.write_new(partial, index.image());
    files.rename(partial, path);
  } catch (const IoError& error) {
    log::warn("data", fmt::format("the index of a shard is made again by every run: {}; `index: "
                                  "FOLDER` names a folder that can be written",
                                  error.what()));
  }
}

}  // namespace

fs::path shard_index_path(const fs::path& shard, const std::string& folder) {
  if (folder.empty()) {
    return shard.string() + ".idx";
  }
  const std::string whole = fs::absolute(shard).lexically_normal().string();
  return fs::path(folder) / fmt::format("{}-{}.idx", shard.filename().string(),
                                        xxh3_hex(whole.data(), whole.size()).substr(0, 8));
}

ShardIndex open_shard_index(const fs::path& shard, const std::string& folder) {
  const DiskFile file(shard);
  const fs::path path = shard_index_path(shard, folder);
  if (auto index = ShardIndex::load(path, file.size(), file.changed())) {
    return *std::move(index);
  }
  ShardIndex index = ShardIndex::build(file, file.changed());
  keep(index, path);
  return index;
}

ShardSet::ShardSet(std::vector<std::string> shards, const std::string& index_folder)
    : shards_(std::move(shards)), files_(shards_.size()) {
  log::Progress progress;
  for (const std::string& shard : shards_) {
    indices_.push_back(open_shard_index(shard, index_folder));
    starts_.push_back(starts_.back() + indices_.back().samples());
    if (shards_.size() > 64) {
      progress.update(fmt::format("opening shard {} of {}", indices_.size(), shards_.size()));
    }
  }
  progress.finish();
}

ShardSet::Place ShardSet::place(int64_t sample) const {
  const auto above = std::upper_bound(starts_.begin(), starts_.end(), sample);
  const auto shard = static_cast<size_t>(above - starts_.begin() - 1);
  return {shard, sample - starts_[shard]};
}

std::shared_ptr<const ByteFile> ShardSet::file(size_t shard) const {
  return files_.open(shard, shards_[shard], indices_[shard].shard_bytes());
}

}  // namespace tpretrain::data
