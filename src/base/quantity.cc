#include <array>
#include <cmath>

#include <fmt/core.h>

#include "base/decimal.h"
#include "tpretrain/base/config.h"
#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

struct KnownUnit {
  std::string_view name;
  double factor;
};

constexpr std::array<KnownUnit, 11> kTimes = {{{"s", 1},
                                               {"sec", 1},
                                               {"second", 1},
                                               {"min", 60},
                                               {"minute", 60},
                                               {"h", 3600},
                                               {"hour", 3600},
                                               {"d", 86400},
                                               {"day", 86400},
                                               {"ms", 1e-3},
                                               {"hr", 3600}}};
constexpr std::array<KnownUnit, 10> kSizes = {{{"B", 1},
                                               {"byte", 1},
                                               {"kB", 1e3},
                                               {"MB", 1e6},
                                               {"GB", 1e9},
                                               {"TB", 1e12},
                                               {"KiB", 0x1p10},
                                               {"MiB", 0x1p20},
                                               {"GiB", 0x1p30},
                                               {"TiB", 0x1p40}}};

std::string_view singular(std::string_view unit) {
  const bool plural = unit.size() > 2 && unit.back() == 's';
  return plural ? unit.substr(0, unit.size() - 1) : unit;
}

template <size_t kCount>
const KnownUnit* find_unit(const std::array<KnownUnit, kCount>& known, std::string_view word) {
  for (const KnownUnit& unit : known) {
    if (unit.name == word || unit.name == singular(word)) {
      return &unit;
    }
  }
  return nullptr;
}

// The unit of the field that `word` stands for, with the factor to it.
std::optional<std::pair<std::string, double>> match_unit(std::string_view word,
                                                         const std::vector<std::string>& units) {
  for (const std::string& unit : units) {
    if (singular(word) == singular(unit)) {
      return std::pair{unit, 1.0};
    }
    const KnownUnit* known = unit == "s"   ? find_unit(kTimes, word)
                             : unit == "B" ? find_unit(kSizes, word)
                                           : nullptr;
    if (known != nullptr) {
      return std::pair{unit, known->factor};
    }
  }
  return std::nullopt;
}

std::string units_text(const std::vector<std::string>& units) {
  std::vector<std::string> words;
  for (const std::string& unit : units) {
    if (unit == "s") {
      words.insert(words.end(), {"s", "min", "h"});
    } else if (unit == "B") {
      words.insert(words.end(), {"B", "KiB", "MiB", "GiB"});
    } else if (!unit.empty()) {
      words.push_back(unit);
    }
  }
  return join(words, ", ");
}

std::string scaled_text(double value, std::initializer_list<KnownUnit> scales) {
  for (const KnownUnit& scale : scales) {
    const double scaled = value / scale.factor;
    if (value != 0 && scaled == std::floor(scaled) && scaled * scale.factor == value) {
      return number_text(scaled) + std::string(scale.name);
    }
  }
  return number_text(value);
}

}  // namespace

std::optional<Quantity> parse_quantity(const std::string& text,
                                       const std::vector<std::string>& units, std::string* error) {
  const auto fail = [&](const std::string& message) {
    *error = message;
    return std::optional<Quantity>();
  };
  const auto decimal = take_decimal(trim(text));
  std::string_view rest = decimal ? decimal->rest : "";
  int suffix = 0;
  // In "10k steps" and "10k" the k is a suffix, in "10 kB" it begins the unit.
  if (!rest.empty() && suffix_exponent(rest[0]) != 0 && (rest.size() == 1 || rest[1] == ' ')) {
    suffix = suffix_exponent(rest[0]);
    rest.remove_prefix(1);
  }
  const auto value = decimal ? to_double(*decimal, suffix) : std::nullopt;
  if (!value) {
    return fail(fmt::format("must be a number with a unit ({})", units_text(units)));
  }
  const std::string_view word = trim(rest);
  if (word.empty()) {
    return Quantity{*value, units.empty() ? "" : units.front()};
  }
  const auto unit = match_unit(word, units);
  if (!unit) {
    return fail(fmt::format("must have one of the units {}", units_text(units)));
  }
  return Quantity{*value * unit->second, unit->first};
}

std::string quantity_text(const Quantity& quantity) {
  if (quantity.unit == "s") {
    const std::string text = scaled_text(quantity.value, {{" h", 3600}, {" min", 60}});
    return text.find(' ') == std::string::npos ? text + " s" : text;
  }
  if (quantity.unit == "B") {
    const std::string text =
        scaled_text(quantity.value, {{" GiB", 0x1p30}, {" MiB", 0x1p20}, {" KiB", 0x1p10}});
    return text.find(' ') == std::string::npos ? text + " B" : text;
  }
  const std::string text = scaled_text(quantity.value, {{"G", 1e9}, {"M", 1e6}, {"k", 1e3}});
  return quantity.unit.empty() ? text : text + " " + quantity.unit;
}

}  // namespace tpretrain
