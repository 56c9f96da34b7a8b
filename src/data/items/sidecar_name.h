/// One name for a list of files. Torch-free.
#pragma once

#include <string>
#include <vector>

#include "tpretrain/base/hash.h"
#include "tpretrain/base/text.h"

namespace tpretrain::data {

/// The file, or of several the first with their number and a hash of their names.
inline std::string sidecar_name(const std::vector<std::string>& files) {
  if (files.size() == 1) {
    return files.front();
  }
  const std::string names = join(files, "\n");
  return files.front() + "+" + std::to_string(files.size() - 1) + "-" +
         xxh3_hex(names.data(), names.size()).substr(0, 8);
}

}  // namespace tpretrain::data
