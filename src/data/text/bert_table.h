/// One look-up per code point: what the normaliser and the pre-tokenizer of BERT make of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tpretrain::text {

struct BertRules {
  bool lowercase = true;
  bool strip_accents = true;
  bool chinese = true;  ///< every CJK ideograph is a word of its own
};

enum class Action : uint8_t {
  kWord,       ///< one code point of a word
  kPunct,      ///< a word of its own
  kIdeograph,  ///< the same, for CJK
  kSpace,      ///< ends a word
  kDrop,       ///< leaves no trace
  kStarter,    ///< removed, but marks are not reordered across it
  kSequence,   ///< several code points, or a mark that takes part in canonical ordering
};

class BertTable {
 public:
  explicit BertTable(const BertRules& rules);

  struct Entry {
    Action action;
    uint32_t value;  ///< kWord, kPunct, kIdeograph: the code point it becomes, 0: itself
  };

  Entry operator[](char32_t code_point) const {
    const uint32_t packed = entries_[pages_[code_point >> 8] * 256U + (code_point & 0xFF)];
    return {static_cast<Action>(packed & 7), packed >> 3};
  }

  /// Code points of a kSequence entry, in the order of the decomposition.
  const char32_t* sequence(uint32_t value, int* size) const {
    *size = static_cast<int>(sequences_[value]);
    return &sequences_[value + 1];
  }

  /// For bytes below 0x80; those above have `kMulti`.
  static constexpr uint8_t kMulti = 0xFF;

  uint8_t ascii_action(unsigned char byte) const { return ascii_action_[byte]; }

  char ascii_value(unsigned char byte) const { return ascii_value_[byte]; }

  const BertRules& rules() const { return rules_; }

 private:
  /// What is left of a code point: at most four parts, each one or two after lowercasing.
  struct Kept {
    std::array<char32_t, 8> code_points{};
    size_t size = 0;
  };

  uint32_t pack(char32_t code_point);
  uint32_t pack_kept(char32_t code_point, const Kept& kept, bool starter_removed);
  uint32_t add_sequence(const Kept& kept);

  BertRules rules_;
  std::vector<uint16_t> pages_;      ///< page of each 256 code points
  std::vector<uint32_t> entries_;    ///< pages of 256, equal ones once
  std::vector<char32_t> sequences_;  ///< size, code points, size, ...
  std::array<uint8_t, 256> ascii_action_{};
  std::array<char, 256> ascii_value_{};
};

}  // namespace tpretrain::text
