#include "data/text/bert_words.h"

#include <algorithm>

namespace tpretrain::text {

void WordBuffer::append_mark(char32_t code_point, int combining_class) {
  if (++chars_ > kLongestWord) {
    return;
  }
  if (marks_.empty()) {
    marks_begin_ = size_;
  }
  const auto place = std::upper_bound(
      marks_.begin(), marks_.end(), combining_class,
      [](int value, const std::pair<int, char32_t>& mark) { return value < mark.first; });
  marks_.insert(place, {combining_class, code_point});
  size_ = marks_begin_;
  for (const auto& [order, mark] : marks_) {
    size_ += put_code_point(mark, data_ + size_);
  }
}

}  // namespace tpretrain::text
