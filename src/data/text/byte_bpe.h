/// Byte-pair encoding over bytes: the engine under every tokenizer of that kind. How text is cut
/// into words, and which symbol a byte starts as, is the tokenizer's part.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tpretrain::text {

/// The printable character that stands for a byte in vocabulary files (GPT-2's table): itself where
/// it is printable in Latin-1, U+0100 and up for the rest.
char32_t byte_character(unsigned char byte);
/// The bytes that these characters stand for; false when one stands for none.
bool bytes_of_characters(std::string_view characters, std::string& bytes);

class ByteBpe {
 public:
  struct Merge {
    int32_t left = 0;
    int32_t right = 0;
    int32_t result = 0;
  };

  /// Symbols that single bytes start as: `last` for the byte that ends a word, `inner` elsewhere.
  struct Alphabet {
    std::array<int32_t, 256> inner{};
    std::array<int32_t, 256> last{};
  };

  /// `merges` in order of rank, the first the strongest; of a pair given twice the first counts.
  /// Each joins symbols of the alphabet or of earlier merges, so that a merge never makes a pair
  /// stronger than itself.
  ByteBpe(const Alphabet& alphabet, const std::vector<Merge>& merges);

  /// Appends the symbols of one word: the strongest pair is joined, from left to right, until there
  /// is none. O(n log n) in the bytes of the word.
  void encode(std::string_view word, std::vector<int32_t>& ids) const;

 private:
  struct Slot {
    uint64_t pair = kNoPair;
    int32_t rank = kNoRank;
    int32_t result = 0;
  };

  static constexpr uint64_t kNoPair = ~uint64_t{0};
  static constexpr int32_t kNoRank = INT32_MAX;

  const Slot& find(int32_t left, int32_t right) const;
  size_t join_short(int32_t* symbols, size_t count) const;
  void encode_long(std::string_view word, std::vector<int32_t>& ids) const;

  Alphabet alphabet_;
  std::vector<Slot> slots_;  ///< open addressing, a power of two
};

}  // namespace tpretrain::text
