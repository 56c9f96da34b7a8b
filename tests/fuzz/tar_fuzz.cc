/// Any bytes as a tar archive: no member lies outside it, and its index can be read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "data/shard/shard_index.h"
#include "data/shard/tar_reader.h"
#include "tpretrain/base/error.h"

namespace {

void require(bool ok) {
  if (!ok) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tpretrain;
  const data::MemoryFile file({reinterpret_cast<const char*>(data), size}, "fuzz.tar");
  try {
    data::TarReader reader(file);
    uint64_t last = 0;
    while (const auto member = reader.next()) {
      require(member->offset <= size && member->size <= size - member->offset);
      require(reader.position() > last && reader.position() <= size);
      last = reader.position();
    }
  } catch (const DataError&) {
    // what a damaged archive should give
  }
  const data::ShardIndex index = data::ShardIndex::build(file);
  for (int64_t i = 0; i < index.samples(); ++i) {
    require(!index.key(i).empty());
    for (const data::ShardMember& member : index.members(i)) {
      require(member.offset <= size && member.size <= size - member.offset);
      require(!member.extension.empty());
    }
  }
  return 0;
}
