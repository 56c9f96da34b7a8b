/// From any source of pictures to tar shards. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tpretrain/base/fs.h"
#include "tpretrain/core/source.h"

namespace tpretrain {

struct PackOptions {
  fs::path output;          ///< prefix: <output>-000000.tar, <output>-000001.tar, ...
  int64_t samples = 10000;  ///< of a shard; the last one may have fewer
  int64_t max_side = 0;     ///< larger pictures are shrunk to this and stored as PNG; 0: none is
  bool overwrite = false;   ///< replace shards that are there; else OutputError
};

struct PackReport {
  int64_t items = 0;
  int64_t captions = 0;
  int64_t labels = 0;
  int64_t shrunk = 0;
  int64_t skipped = 0;              ///< bad items, by the policy of the source
  std::vector<std::string> places;  ///< what is wrong with the first ten of them
  std::vector<fs::path> shards;
  uint64_t bytes = 0;  ///< of the shards
};

/// Called after every item with how many are done, of `source.items()`.
using PackProgressFn = std::function<void(int64_t items)>;

/// Writes item i as members 00000i.{jpg,png,webp}, .txt with its caption or .json with several,
/// {"captions": [...]}, and .cls with its class. Pictures are copied as they are stored. The bytes
/// depend on the items and the options alone. All shards appear, and replace earlier ones, once the
/// last item is written; a failed call leaves <shard>.partial files, which the next one removes.
/// Errors: ConfigError for a source that is not one of ours, those of the source, DataError (no
/// item), OutputError, IoError.
PackReport pack(const ItemSource& source, const PackOptions& options,
                const PackProgressFn& progress = {}, FileSystem& files = FileSystem::posix());

}  // namespace tpretrain
