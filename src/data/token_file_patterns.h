/// Token files by name. Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tpretrain {

/// "a/b.bin", "a/b.idx" and "a/b" all give "a/b".
std::filesystem::path token_file_prefix(const std::filesystem::path& path);

/// Prefixes of the token files that the patterns name, without duplicates: patterns in the order
/// given, the matches of each sorted by bytes. A pattern is a prefix, or the name of a `.bin` or
/// `.idx` file; wildcards (* ? [...]) match file names, where other files are ignored.
/// Errors: NotFoundError that names the pattern.
std::vector<std::filesystem::path> expand_token_files(const std::vector<std::string>& patterns);

}  // namespace tpretrain
