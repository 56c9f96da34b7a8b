#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include <fmt/core.h>

#include "base/decimal.h"
#include "tpretrain/base/config.h"

namespace tpretrain {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& text) {
  size_t size = 0;
  while (size < text.size() && is_digit(text[size])) {
    ++size;
  }
  const std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

// An 'e' that no digits follow is left: it may begin a unit ("3 epochs" without the blank).
bool take_exponent(std::string_view& text, std::optional<int>& exponent) {
  constexpr int kTooLarge = 100'000;  // beyond every type; keeps the sums below from overflowing
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) {
    return true;
  }
  std::string_view after = text.substr(1);
  const bool negative = !after.empty() && after[0] == '-';
  if (negative || (!after.empty() && after[0] == '+')) {
    after.remove_prefix(1);
  }
  const std::string_view digits = take_digits(after);
  if (digits.empty()) {
    return true;
  }
  int value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (status != std::errc() || value > kTooLarge) {
    return false;
  }
  exponent = negative ? -value : value;
  text = after;
  return true;
}

}  // namespace

std::optional<Decimal> take_decimal(std::string_view text) {
  Decimal out;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  out.whole = take_digits(text);
  if (!text.empty() && text[0] == '.') {
    out.point = true;
    text.remove_prefix(1);
    out.fraction = take_digits(text);
  }
  const bool octal_like = out.whole.size() > 1 && out.whole[0] == '0';
  if ((out.whole.empty() && out.fraction.empty()) || octal_like ||
      !take_exponent(text, out.exponent)) {
    return std::nullopt;
  }
  out.rest = text;
  return out;
}

std::optional<double> to_double(const Decimal& decimal, int suffix_exponent) {
  const std::string text =
      fmt::format("{}{}.{}e{}", decimal.negative ? "-" : "", decimal.whole, decimal.fraction,
                  decimal.exponent.value_or(0) + suffix_exponent);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || stopped != end) {
    return std::nullopt;
  }
  return value;
}

int suffix_exponent(char suffix) {
  constexpr std::string_view kSuffixes = "kMGT";
  const size_t at = kSuffixes.find(suffix);
  return at == std::string_view::npos ? 0 : 3 * (static_cast<int>(at) + 1);
}

namespace {

// Exact: no step goes through floating point.
std::optional<int64_t> to_integer(const Decimal& decimal, int suffix_exponent) {
  std::string digits = std::string(decimal.whole) + std::string(decimal.fraction);
  int64_t exponent = decimal.exponent.value_or(0) + suffix_exponent -
                     static_cast<int64_t>(decimal.fraction.size());
  while (digits.size() > 1 && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) {
    return 0;
  }
  constexpr int64_t kMostDigits = 19;
  if (exponent < 0 || static_cast<int64_t>(digits.size()) + exponent > kMostDigits) {
    return std::nullopt;
  }
  digits.append(static_cast<size_t>(exponent), '0');
  const std::string text = (decimal.negative ? "-" : "") + digits;
  int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? std::optional<int64_t>(value) : std::nullopt;
}

std::optional<int64_t> parse_hexadecimal(std::string_view digits) {
  int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, status] = std::from_chars(digits.data(), end, value, 16);
  if (status != std::errc() || stopped != end || digits[0] == '-') {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<int64_t> parse_integer(const std::string& text) {
  if (text.size() > 2 && text[0] == '0' && text[1] == 'x') {
    return parse_hexadecimal(std::string_view(text).substr(2));
  }
  const auto decimal = take_decimal(text);
  if (!decimal) {
    return std::nullopt;
  }
  const bool suffixed = decimal->rest.size() == 1 && decimal->rest[0] != 'T' &&
                        suffix_exponent(decimal->rest[0]) != 0;
  if (!suffixed && !decimal->rest.empty()) {
    return std::nullopt;
  }
  // 12.0 for a count is more likely a slip than a choice; 1.5k is not.
  if (decimal->point && !suffixed && !decimal->exponent) {
    return std::nullopt;
  }
  return to_integer(*decimal, suffixed ? suffix_exponent(decimal->rest[0]) : 0);
}

std::optional<double> parse_number(const std::string& text) {
  const bool sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  const std::string_view word = std::string_view(text).substr(sign ? 1 : 0);
  if (word == ".inf" || word == ".Inf" || word == ".INF") {
    const double infinity = std::numeric_limits<double>::infinity();
    return text[0] == '-' ? -infinity : infinity;
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const auto decimal = take_decimal(text);
  if (!decimal || !decimal->rest.empty()) {
    return std::nullopt;
  }
  return to_double(*decimal, 0);
}

std::optional<bool> parse_boolean(const std::string& text) {
  if (text == "true") {
    return true;
  }
  if (text == "false") {
    return false;
  }
  return std::nullopt;
}

std::string number_text(double value) {
  if (std::isnan(value)) {
    return ".nan";
  }
  if (std::isinf(value)) {
    return value < 0 ? "-.inf" : ".inf";
  }
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string text(buffer.data(), end);
  // "1e-05" and "1e+20" are right but not how people write them.
  const size_t exponent = text.find('e');
  if (exponent != std::string::npos) {
    if (text[exponent + 1] == '+') {
      text.erase(exponent + 1, 1);
    }
    const size_t digits = exponent + (text[exponent + 1] == '-' ? 2 : 1);
    if (text[digits] == '0') {
      text.erase(digits, 1);
    }
  }
  return text;
}

}  // namespace tpretrain
