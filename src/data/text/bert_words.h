/// Splits text into the normalised words of BERT: clean, isolate ideographs, strip accents,
/// lowercase, cut at spaces, isolate punctuation; all in one pass over the bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "data/text/bert_table.h"
#include "data/text/bert_unicode.h"
#include "data/text/utf8.h"

namespace tpretrain::text {

/// Words longer than this many characters are never looked at: the largest `max_word`.
inline constexpr int64_t kLongestWord = 1000;

/// The word being built. Beyond `kLongestWord` only characters are counted.
class WordBuffer {
 public:
  std::string_view text() const { return {data_, size_}; }

  int64_t chars() const { return chars_; }

  bool empty() const { return chars_ == 0; }

  void clear() {
    size_ = 0;
    chars_ = 0;
    marks_.clear();
  }

  void append(char32_t code_point) {
    if (++chars_ <= kLongestWord) {
      size_ += put_code_point(code_point, data_ + size_);
    }
  }

  void append_bytes(const char* bytes, size_t size) {
    if (++chars_ <= kLongestWord) {
      for (size_t i = 0; i < size; ++i) {
        data_[size_ + i] = bytes[i];
      }
      size_ += size;
    }
  }

  /// Copies the leading word bytes of [begin, end), all ASCII; returns where it stopped.
  const char* append_ascii(const char* begin, const char* end, const BertTable& table) {
    const int64_t room = chars_ < kLongestWord ? kLongestWord - chars_ : 0;
    const char* stop = end - begin > room ? begin + room : end;
    const char* at = begin;
    char* out = data_ + size_;
    while (at < stop && table.ascii_action(static_cast<unsigned char>(*at)) == 0) {
      *out++ = table.ascii_value(static_cast<unsigned char>(*at++));
    }
    chars_ += at - begin;
    size_ += static_cast<size_t>(at - begin);
    if (at == stop) {
      while (at < end && table.ascii_action(static_cast<unsigned char>(*at)) == 0) {
        ++at;
        ++chars_;
      }
    }
    return at;
  }

  /// A mark with a combining class takes its place in the canonical order.
  void append_mark(char32_t code_point, int combining_class);

  /// What follows is not ordered with what went before.
  void end_marks() { marks_.clear(); }

 private:
  char data_[4 * kLongestWord];
  size_t size_ = 0;
  int64_t chars_ = 0;
  size_t marks_begin_ = 0;
  std::vector<std::pair<int, char32_t>> marks_;  ///< the run of marks at the end
};

static_assert(static_cast<int>(Action::kWord) == 0);

/// Calls `on_word(const WordBuffer&)` for every word of `text`, in order.
template <typename OnWord>
class BertWords {
 public:
  BertWords(const BertTable& table, OnWord on_word) : table_(table), on_word_(std::move(on_word)) {}

  void split(std::string_view text) {
    const char* at = text.data();
    const char* end = at + text.size();
    while (at < end) {
      const auto byte = static_cast<unsigned char>(*at);
      const uint8_t action = table_.ascii_action(byte);
      if (action == 0) {
        word_.end_marks();
        at = word_.append_ascii(at, end, table_);
      } else if (action == BertTable::kMulti) {
        const Decoded decoded = decode_utf8(at, end);
        apply(decoded.code_point, at, decoded.size);
        at += decoded.size;
      } else {
        apply_entry({static_cast<Action>(action), 0}, byte, at, 1);
        ++at;
      }
    }
    flush();
  }

 private:
  void apply(char32_t code_point, const char* bytes, size_t size) {
    apply_entry(table_[code_point], code_point, bytes, size);
  }

  void apply_entry(BertTable::Entry entry, char32_t code_point, const char* bytes, size_t size) {
    switch (entry.action) {
      case Action::kWord:
        word_.end_marks();
        append(entry.value, bytes, size);
        break;
      case Action::kPunct:
      case Action::kIdeograph:
        flush();
        append(entry.value, bytes, size);
        flush();
        break;
      case Action::kSpace:
        flush();
        break;
      case Action::kDrop:
        break;
      case Action::kStarter:
        word_.end_marks();
        break;
      case Action::kSequence:
        apply_sequence(entry.value, code_point);
        break;
    }
  }

  void append(uint32_t value, const char* bytes, size_t size) {
    if (value == 0) {
      word_.append_bytes(bytes, size);
    } else {
      word_.append(value);
    }
  }

  void apply_sequence(uint32_t value, char32_t code_point) {
    int size = 0;
    const char32_t* parts = table_.sequence(value, &size);
    const bool ideograph = table_.rules().chinese && is_cjk_ideograph(code_point);
    if (ideograph) {
      flush();
    }
    for (int i = 0; i < size; ++i) {
      apply_part(parts[i]);
    }
    if (ideograph) {
      flush();
    }
  }

  void apply_part(char32_t part) {
    const int order = table_.rules().strip_accents ? bert_combining_class(part) : 0;
    if (order != 0) {
      word_.append_mark(part, order);
    } else if (bert_class(part) == BertClass::kPunctuation) {
      flush();
      word_.append(part);
      flush();
    } else {
      word_.end_marks();
      word_.append(part);
    }
  }

  void flush() {
    if (!word_.empty()) {
      on_word_(std::as_const(word_));
      word_.clear();
    }
    word_.end_marks();
  }

  const BertTable& table_;
  OnWord on_word_;
  WordBuffer word_;
};

}  // namespace tpretrain::text
