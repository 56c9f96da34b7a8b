/// Results on stdout and in files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tpretrain::cli {

/// Buffered. Errors: IoError when stdout takes no more.
void print(std::string_view text);
/// What main calls before it reports success.
void flush_output();

/// Makes the folder of a file that will be written, before the work for it begins.
/// Errors: OutputError when nothing can be created there.
void prepare_output(const std::filesystem::path& file);

using Row = std::vector<std::string>;

/// Columns padded to their widest cell, two blanks between them; every line begins with `indent`.
std::string table(const std::vector<Row>& rows, std::string_view indent = "");

}  // namespace tpretrain::cli
