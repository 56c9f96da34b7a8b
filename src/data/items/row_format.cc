#include "data/items/row_format.h"

#include <algorithm>

namespace tpretrain::data {

bool ForwardReader::fill() {
  constexpr uint64_t kBuffer = uint64_t{1} << 20;
  begin_ += buffer_.size();
  at_ = 0;
  buffer_ = file_.bytes(begin_, std::min(kBuffer, file_.size() - begin_));
  return !buffer_.empty();
}

void ForwardReader::skip_mark() {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (fill() && buffer_.starts_with(kMark)) {
    at_ = kMark.size();
  }
}

}  // namespace tpretrain::data
