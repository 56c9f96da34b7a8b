/// Decimal numbers as text, cut into their pieces: what integers, numbers and quantities share.
#pragma once

#include <optional>
#include <string_view>

namespace tpretrain {

/// Views into the text that was read.
struct Decimal {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  bool point = false;
  std::optional<int> exponent;
  std::string_view rest;  ///< what follows the number
};

/// None when `text` begins with no number, or with one that reads as octal elsewhere ("010").
std::optional<Decimal> take_decimal(std::string_view text);

/// The nearest double of decimal * 10^suffix_exponent; none when it is out of range.
std::optional<double> to_double(const Decimal& decimal, int suffix_exponent);

/// 3, 6, 9, 12 for k, M, G, T; otherwise 0.
int suffix_exponent(char suffix);

}  // namespace tpretrain
