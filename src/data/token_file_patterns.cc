#include "data/token_file_patterns.h"

#include <set>

#include <fmt/core.h>

#include "data/wildcards.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"

namespace tpretrain {

namespace {

constexpr const char* kHint = "make token files from text with `tpretrain preprocess RECIPE`";

bool is_token_file(const fs::path& path) {
  return path.extension() == ".bin" || path.extension() == ".idx";
}

/// A prefix with wildcards may be that of a pair too.
bool names_a_pair(const fs::path& prefix) {
  std::error_code error;
  return fs::exists(with_suffix(prefix, ".bin"), error) ||
         fs::exists(with_suffix(prefix, ".idx"), error);
}

std::vector<fs::path> expand(const std::string& pattern) {
  const fs::path literal = token_file_prefix(pattern);
  if (!data::has_wildcard(pattern) || names_a_pair(literal)) {
    return {literal};
  }
  std::vector<fs::path> prefixes;
  size_t others = 0;
  for (const fs::path name : data::matching_names(pattern)) {
    if (is_token_file(name)) {
      prefixes.push_back(token_file_prefix(name));
    } else {
      ++others;
    }
  }
  if (prefixes.empty()) {
    throw NotFoundError(
        others == 0
            ? fmt::format("no file matches '{}'", pattern)
            : fmt::format("'{}' matches {} files, but none ends in .bin or .idx", pattern, others),
        kHint);
  }
  return prefixes;
}

void require_pair(const fs::path& prefix, const std::string& pattern) {
  for (const char* ending : {".bin", ".idx"}) {
    const fs::path file = with_suffix(prefix, ending);
    std::error_code error;
    if (!FileSystem::posix().exists(file) || !fs::is_regular_file(file, error)) {
      throw NotFoundError(fmt::format("'{}' does not exist (named by '{}'); a token file is a pair "
                                      "of .bin and .idx",
                                      file.string(), pattern),
                          kHint);
    }
  }
}

}  // namespace

fs::path token_file_prefix(const fs::path& path) {
  return is_token_file(path) ? fs::path(path).replace_extension() : path;
}

std::vector<fs::path> expand_token_files(const std::vector<std::string>& patterns) {
  std::vector<fs::path> prefixes;
  std::set<std::string> seen;
  for (const std::string& pattern : patterns) {
    for (const fs::path& prefix : expand(pattern)) {
      if (seen.insert(fs::absolute(prefix).lexically_normal().string()).second) {
        require_pair(prefix, pattern);
        prefixes.push_back(prefix);
      }
    }
  }
  return prefixes;
}

}  // namespace tpretrain
