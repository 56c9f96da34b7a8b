/// What models of a family compute that the names and shapes of their parameters do not tell.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tpretrain/interop/model_config.h"

namespace tpretrain {

/// Errors: ConfigError that names the key and what it must be, for a model that would compute
/// something else as one of `family` in `library`.
void check_form(std::string_view family, std::string_view library,
                const std::map<std::string, EncoderFacts>& facts);

}  // namespace tpretrain
