/// What values of options have to be, in messages for people.
#pragma once

#include <cstdint>
#include <string>

#include <CLI/Validators.hpp>
#include <fmt/core.h>

#include "tpretrain/base/text.h"

namespace tpretrain::cli {

/// A whole number.
inline CLI::Validator at_least(int64_t least) {
  return {[least](const std::string& text) {
            const auto value = parse_integer(text);
            return value && *value >= least
                       ? std::string()
                       : fmt::format("must be a whole number of at least {}, but is '{}'", least,
                                     text);
          },
          ""};
}

inline CLI::Validator not_empty() {
  return {[](const std::string& text) {
            return text.empty() ? std::string("must not be empty") : std::string();
          },
          ""};
}

}  // namespace tpretrain::cli
