/// Pictures named on the command line: folders, tables, shards.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tpretrain/core/registry.h"
#include "tpretrain/core/source.h"

namespace tpretrain::cli {

/// The inputs as a recipe would write their source, with `--set` keys of it; none for a recipe.
/// Errors: UsageError for files of no or of several kinds.
std::optional<Choice> picture_choice(const std::vector<std::string>& inputs,
                                     const std::vector<std::string>& sets);

/// Errors: ConfigError (a wrong key, a source of text), those of the source.
std::shared_ptr<ItemSource> open_pictures(const Choice& choice, const Registry& registry);

}  // namespace tpretrain::cli
