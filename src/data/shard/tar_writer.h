/// Tar archives whose bytes depend on names and contents alone. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tpretrain/base/fs.h"

namespace tpretrain::data {

/// Writes ustar members with time 0, owner 0 and mode 0644; a pax header goes before a member whose
/// name or size ustar cannot hold.
class TarWriter {
 public:
  explicit TarWriter(OutputFile& out) : out_(out) {}

  void add(std::string_view name, std::string_view bytes);
  /// The end mark, filled up to a record of 20 blocks as tar writes it.
  void finish();

  uint64_t bytes() const { return bytes_; }

 private:
  void write(std::string_view bytes);
  void pad();

  OutputFile& out_;
  uint64_t bytes_ = 0;
};

/// Blocks that stand before the data of a member.
std::string tar_member_header(std::string_view name, uint64_t size);

}  // namespace tpretrain::data
