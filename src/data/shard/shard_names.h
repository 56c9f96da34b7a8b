/// Names of shards: brace lists, `::` lists and wildcards. Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tpretrain::data {

/// "a::b" gives {"a", "b"}.
std::vector<std::string> split_shard_list(std::string_view text);

/// Every name that the braces stand for, in order: `x-{08..11}.tar` gives x-08.tar to x-11.tar (as
/// many digits as the longer end, where one has zeros in front), `{a,b}.tar` a.tar and b.tar; lists
/// may stand side by side and in one another. Errors: ConfigError (unbalanced, more than 10^7
/// names).
std::vector<std::string> expand_braces(std::string_view pattern);

/// Files that the patterns name, without duplicates: patterns in the order given, the matches of
/// wildcards (* ? [...]) sorted by bytes; a file whose name has wildcards is taken as it is.
/// Errors: NotFoundError naming file and pattern, ConfigError for `pipe:` and addresses of servers,
/// IoError for a folder that cannot be listed.
std::vector<std::string> expand_shards(const std::vector<std::string>& patterns);

}  // namespace tpretrain::data
