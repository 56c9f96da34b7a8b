/// The JSON header of a safetensors file: the part that meets hostile bytes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tpretrain/interop/safetensors.h"

namespace tpretrain {

struct SafetensorsEntry {
  SafetensorsSpec spec;
  uint64_t begin = 0;  ///< offsets into the data that follow the header
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in the order of their data
  std::map<std::string, std::string> metadata;
};

/// Parses and validates the header of a file with `data_bytes` bytes after it. Throws DataError
/// with the reason alone; the caller adds the file.
SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_bytes);

/// The header's bytes, length field included, padded with spaces to a multiple of 8. `order` gives
/// the sequence of the data.
std::string format_safetensors_header(const std::vector<SafetensorsSpec>& order,
                                      const std::map<std::string, std::string>& metadata);

/// Throws DataError when name or rank exceed the limits of SafetensorsFile.
void check_safetensors_spec(const SafetensorsSpec& spec);

}  // namespace tpretrain
