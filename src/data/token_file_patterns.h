/// Token files by name. Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tpretrain {

/// "a/b.bin", "a/b.idx" and "a/b" all give "a/b".
std::filesystem::path token_file_prefix(const std::filesystem::path& path);

/// "a/b" and ".bin" give "a/b.bin".
inline std::filesystem::path with_suffix(std::filesystem::path prefix, const char* suffix) {
  return prefix += suffix;
}

/// Prefixes of the token files that the patterns name, without duplicates: patterns in the order
/// given, the matches of each sorted by bytes. A pattern is a prefix, or the name of a `.bin` or
/// `.idx` file; wildcards (* ? [...]) match file names, where other files are ignored, unless such
/// a file has them in its name. Errors: NotFoundError that names the pattern, IoError (a folder
/// that cannot be looked into).
std::vector<std::filesystem::path> expand_token_files(const std::vector<std::string>& patterns);

}  // namespace tpretrain
