/// Lines that somebody sends, of bounded length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace tpretrain::cli {

class LineReader {
 public:
  /// `name` stands in messages; no line may have more than `most` bytes. For standard input call
  /// std::ios::sync_with_stdio(false) before: its errors do not show otherwise.
  LineReader(std::istream& in, std::string name, size_t most);

  /// The next line without its newline; false at the end.
  /// Errors: DataError (a longer line), IoError (the text ends in a failure).
  bool next(std::string& line);

 private:
  std::istream& in_;
  std::string name_;
  size_t most_;
  int64_t lines_ = 0;
  std::vector<char> part_;  ///< of a line
};

}  // namespace tpretrain::cli
