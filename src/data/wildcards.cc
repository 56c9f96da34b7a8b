#include "data/wildcards.h"

#include <algorithm>

#include <fmt/core.h>
#include <glob.h>

#include "tpretrain/base/error.h"

namespace tpretrain::data {

bool has_wildcard(const std::string& name) {
  return name.find_first_of("*?[") != std::string::npos;
}

std::vector<std::string> matching_names(const std::string& pattern) {
  glob_t found = {};
  const int status = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<std::string> names(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (status != 0 && status != GLOB_NOMATCH) {
    throw IoError(fmt::format("cannot list the files of '{}'", pattern));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace tpretrain::data
