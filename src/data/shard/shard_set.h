/// Shards with their indices, as one run of samples. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/shard/byte_file.h"
#include "data/shard/shard_index.h"

namespace tpretrain::data {

/// A sidecar beside the shard, or in `folder` under a name of its own for each path.
fs::path shard_index_path(const fs::path& shard, const std::string& folder);

/// The index of a shard: read from its sidecar, or made and written there (under another name,
/// then renamed, so that no reader sees half of it). Where nothing can be written it stays in
/// memory and a warning says so. Errors: NotFoundError, IoError.
ShardIndex open_shard_index(const fs::path& shard, const std::string& folder);

/// Thread-safe after construction.
class ShardSet {
 public:
  /// Errors: NotFoundError, IoError.
  ShardSet(std::vector<std::string> shards, const std::string& index_folder);

  struct Place {
    size_t shard = 0;
    int64_t sample = 0;  ///< in it
  };

  int64_t samples() const { return starts_.back(); }

  Place place(int64_t sample) const;

  const std::vector<std::string>& shards() const { return shards_; }

  const ShardIndex& index(size_t shard) const { return indices_[shard]; }

  std::shared_ptr<const ByteFile> file(size_t shard) const;

 private:
  std::vector<std::string> shards_;
  std::vector<ShardIndex> indices_;
  std::vector<int64_t> starts_ = {0};  ///< first sample of each shard, and their total
  mutable OpenFiles files_;
};

}  // namespace tpretrain::data
