/// Where the samples of a tar shard lie: made by one pass over its headers, kept in a sidecar file
/// `<shard>.idx` and mapped from there. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/shard/byte_file.h"
#include "data/shard/sample_name.h"
#include "tpretrain/base/fs.h"

namespace tpretrain::data {

/// What was wrong with a shard; samples that are touched are left out.
enum class ShardFault {
  kCut,                 ///< the archive ends early or is damaged; what stands behind is lost
  kDuplicateExtension,  ///< a sample with two members of one extension
  kDuplicateKey,        ///< a key that an earlier sample of the shard has
  kNoImage,             ///< a sample without a picture
  kBadJson,             ///< a sample whose captions cannot be read
};
inline constexpr int kShardFaults = 5;
const char* shard_fault_name(ShardFault fault);  ///< "cut", "duplicate_extension", ...

struct ShardMember {
  uint64_t offset = 0;
  uint64_t size = 0;
  std::string_view extension;
};

/// The samples of one shard that have a picture, in the order of the archive. Immutable.
/// Format (little-endian): docs/shards.md.
class ShardIndex {
 public:
  /// Reads all headers. `changed`: of the shard, kept as part of its identity.
  /// Errors: IoError. Faults of the archive are recorded, never thrown.
  static ShardIndex build(const ByteFile& shard, int64_t changed = 0);

  /// None when the sidecar is missing, damaged, of another version or of another shard.
  static std::optional<ShardIndex> load(const fs::path& path, uint64_t size, int64_t changed);

  /// What a sidecar holds.
  std::string_view image() const { return bytes_; }

  int64_t samples() const { return samples_; }

  uint64_t shard_bytes() const;

  std::string_view key(int64_t sample) const;
  /// Captions of the sample, 0 when it has none.
  int64_t captions(int64_t sample) const;
  std::vector<ShardMember> members(int64_t sample) const;

  int64_t faults(ShardFault fault) const;
  /// The first ten faults, a line each, with the key or byte of each.
  std::vector<std::string> fault_lines() const;

  /// Identity of the members by name and size, 32 hexadecimal digits.
  std::string content() const;

 private:
  ShardIndex() = default;
  /// True when every offset and length in `bytes_` stays inside it and the shard.
  bool attach(std::string_view bytes);

  std::shared_ptr<const void> owner_;  ///< of the bytes: memory or a mapped sidecar
  std::string_view bytes_;
  int64_t samples_ = 0;
  std::string_view text_;
};

}  // namespace tpretrain::data
