#include "data/wildcards.h"

#include <algorithm>
#include <cerrno>

#include <fmt/core.h>
#include <glob.h>

#include "base/posix_file.h"
#include "tpretrain/base/error.h"

namespace tpretrain::data {

namespace {

struct ListFailure {
  std::string folder;
  int error = 0;
};

thread_local ListFailure last_failure;  // glob hands nothing of its caller to `on_failure`

/// Ends a search unless what cannot be listed is no folder or has vanished.
int on_failure(const char* folder, int error) {
  if (error == ENOENT || error == ENOTDIR) {
    return 0;
  }
  last_failure = {folder, error};
  return 1;
}

}  // namespace

bool has_wildcard(const std::string& name) {
  return name.find_first_of("*?[") != std::string::npos;
}

std::vector<std::string> matching_names(const std::string& pattern) {
  glob_t found = {};
  const int status = ::glob(pattern.c_str(), GLOB_NOSORT, &on_failure, &found);
  std::vector<std::string> names(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (status == GLOB_ABORTED) {
    throw_io(last_failure.folder, "the directory cannot be listed", last_failure.error);
  }
  if (status != 0 && status != GLOB_NOMATCH) {
    throw IoError(fmt::format("cannot list the files of '{}'", pattern));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace tpretrain::data
