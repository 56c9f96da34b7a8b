/// One header block of a tar archive. (POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU tar 1.35, "Basic
/// Tar Format") Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tpretrain::data {

inline constexpr size_t kTarBlock = 512;

struct TarHeader {
  std::string name;  ///< with the prefix of ustar
  uint64_t size = 0;
  char type = '0';
  bool extended = false;  ///< old GNU sparse file: blocks of its map follow

  bool is_regular() const { return type == '0' || type == '\0' || type == '7'; }

  /// Data blocks follow the header. Links, devices, folders and pipes have none, whatever their
  /// size says.
  bool has_data() const { return type < '1' || type > '6'; }
};

/// None for a block of zeros, the mark of the end. Errors: DataError without a place.
std::optional<TarHeader> parse_tar_header(std::string_view block);

/// `size` in whole blocks.
constexpr uint64_t tar_padded(uint64_t size) {
  return (size + kTarBlock - 1) / kTarBlock * kTarBlock;
}

/// A number field: octal digits, or base-256 when its first bit is set.
/// None when it is neither, is negative, or does not fit 63 bits.
std::optional<uint64_t> parse_tar_number(std::string_view field);

/// The path and the size that a pax extended header sets, none where it does not. `sparse`: it
/// describes a sparse file, whose data are not its bytes.
struct PaxRecords {
  std::optional<std::string> path;
  std::optional<uint64_t> size;
  bool sparse = false;
};

/// Errors: DataError without a place.
PaxRecords parse_pax(std::string_view text);

}  // namespace tpretrain::data
