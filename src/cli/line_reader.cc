#include "cli/line_reader.h"

#include <utility>

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::cli {

LineReader::LineReader(std::istream& in, std::string name, size_t most)
    : in_(in), name_(std::move(name)), most_(most), part_(size_t{1} << 14) {}

bool LineReader::next(std::string& line) {
  line.clear();
  ++lines_;
  for (;;) {
    in_.getline(part_.data(), static_cast<std::streamsize>(part_.size()));
    const bool ended = in_.good();  // at a newline, which was counted but not stored
    line.append(part_.data(), static_cast<size_t>(in_.gcount()) - (ended ? 1 : 0));
    if (in_.bad()) {
      throw IoError(name_ + " could not be read to its end");
    }
    if (line.size() > most_) {
      throw DataError(fmt::format("{}: line {} must have at most {}, but has more.", name_, lines_,
                                  human_bytes(most_)));
    }
    if (ended || in_.eof()) {
      return ended || !line.empty();
    }
    in_.clear();  // the part is full, the line goes on
  }
}

}  // namespace tpretrain::cli
