/// Results on stdout.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tpretrain::cli {

/// Buffered. Errors: IoError when stdout takes no more.
void print(std::string_view text);
/// What main calls before it reports success.
void flush_output();

using Row = std::vector<std::string>;

/// Columns padded to their widest cell, two blanks between them; every line begins with `indent`.
std::string table(const std::vector<Row>& rows, std::string_view indent = "");

}  // namespace tpretrain::cli
