/// The regular members of a tar archive, one after the other. Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/shard/byte_file.h"
#include "data/shard/tar_header.h"

namespace tpretrain::data {

struct TarMember {
  std::string name;
  uint64_t offset = 0;  ///< of its bytes in the archive
  uint64_t size = 0;
};

/// Reads ustar, pax and GNU archives. Checksums are verified, sizes checked against the file before
/// anything is taken; folders, links, devices and sparse files are passed over.
class TarReader {
 public:
  explicit TarReader(const ByteFile& file) : file_(file) {}

  /// The next regular member; none at the end. Errors: DataError naming file and byte.
  std::optional<TarMember> next();

  /// Where the next header is; after an error that of the member that is damaged or cut.
  uint64_t position() const { return position_; }

  /// The end mark was there: two blocks of zeros, of which one is asked for.
  bool ended() const { return ended_; }

 private:
  /// What headers before a member say of it.
  struct Overrides {
    std::optional<std::string> name;
    std::optional<uint64_t> size;
    bool sparse = false;
  };

  std::optional<TarHeader> read_header(uint64_t at) const;
  std::optional<TarMember> member_at(uint64_t& at);
  void take_extension(const TarHeader& header, uint64_t data, Overrides& overrides) const;
  uint64_t skip_sparse_map(uint64_t at) const;
  uint64_t checked_end(uint64_t data, uint64_t size, const std::string& name) const;
  [[noreturn]] void fail(const std::string& what) const;

  const ByteFile& file_;
  uint64_t position_ = 0;
  bool ended_ = false;
};

}  // namespace tpretrain::data
