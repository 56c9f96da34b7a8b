/// Names with wildcards (* ? [...]). Torch-free.
#pragma once

#include <string>
#include <vector>

namespace tpretrain::data {

bool has_wildcard(const std::string& name);

/// Files and folders whose names match the pattern, sorted by bytes; may be none.
/// Errors: IoError when a folder cannot be listed.
std::vector<std::string> matching_names(const std::string& pattern);

}  // namespace tpretrain::data
