#include <cmath>

#include "tpretrain/base/config.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

void Faults::add(const Mark& mark, const std::string& message) {
  const std::string place = mark.text();
  lines_.push_back(place.empty() ? message : place + ": " + message);
}

void Faults::raise_if_any() const {
  if (!lines_.empty()) {
    throw ConfigError(join(lines_, "\n"));
  }
}

bool Range::contains(double value) const {
  return std::isfinite(value) && (open_min ? value > min : value >= min) &&
         (open_max ? value < max : value <= max);
}

std::string Range::text() const {
  const bool from = std::isfinite(min);
  const bool to = std::isfinite(max);
  return (from && !open_min ? "[" : "(") + (from ? number_text(min) : "-inf") + ", " +
         (to ? number_text(max) : "inf") + (to && !open_max ? "]" : ")");
}

}  // namespace tpretrain
