/// From the members of an archive to the tables of its index. Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "data/shard/byte_file.h"
#include "data/shard/sample_name.h"
#include "data/shard/shard_index.h"
#include "data/shard/shard_index_format.h"
#include "data/shard/tar_reader.h"
#include "tpretrain/base/hash.h"

namespace tpretrain::data {

class ShardIndexBuilder {
 public:
  explicit ShardIndexBuilder(const ByteFile& shard) : shard_(shard) {}

  /// The bytes of the index file.
  std::string run(int64_t changed);

 private:
  struct Open {
    std::string key;
    std::vector<TarMember> members;
    std::vector<std::string> extensions;
  };

  void add(const TarMember& member);
  /// Takes the sample that is being put together over into the tables, or counts why not.
  void close();
  bool is_complete();
  /// Errors: DataError.
  uint32_t count_captions() const;
  void fault(ShardFault fault, const std::string& where);
  shard_format::Text text(std::string_view value);
  shard_format::Text extension(const std::string& value);
  std::string finish(int64_t changed);

  const ByteFile& shard_;
  Open open_;
  std::vector<shard_format::Sample> samples_;
  std::vector<shard_format::Member> members_;
  std::vector<shard_format::Text> lines_;
  std::string text_;
  std::map<std::string, shard_format::Text> extensions_;
  std::unordered_set<uint64_t> keys_;  ///< hashes: of samples seen so far
  std::array<uint64_t, 5> faults_ = {};
  Xxh3 content_;
};

}  // namespace tpretrain::data
