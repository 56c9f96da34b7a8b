/// Cuts text as CLIP's tokenizer does, by the pattern (letter case ignored)
///   SPECIAL|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
/// where SPECIAL are the special tokens as they are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tpretrain::text {

class ClipScanner {
 public:
  /// `text` is well-formed UTF-8. Both must outlive the scanner. `special` are ASCII.
  ClipScanner(std::string_view text, const std::vector<std::string>& special)
      : text_(text), special_(special) {}

  /// The next word; empty at the end.
  std::string_view next();

 private:
  enum class Kind { kSpace, kLetter, kNumber, kOther };

  struct Character {
    Kind kind;
    size_t size;
  };

  Character character_at(size_t at) const;
  size_t end_of_run(size_t at, Kind kind) const;
  size_t word_size(size_t at) const;

  std::string_view text_;
  const std::vector<std::string>& special_;
  size_t at_ = 0;
};

}  // namespace tpretrain::text
