/// The resolved recipe of a run, line by line, with where each value came from.
#pragma once

#include <string>
#include <vector>

#include "tpretrain/base/fs.h"
#include "tpretrain/base/node.h"

namespace tpretrain::report {

/// Origin of a value that recipe.yaml, read anew in the run directory, does not give: --set, a path
/// relative to the folder of the first recipe, or a choice of the program ("auto").
inline constexpr const char* kSetAtStart = "set at start";

/// `resolved` with the marks of `composed` (the full form of the run's recipe.yaml) wherever both
/// have the same value; files in `run` are named without it.
Node with_origins(const Node& resolved, const Node& composed, const fs::path& run);

/// `resolved` without any marks: nobody knows where its values were written.
Node without_origins(const Node& resolved);

struct RecipeLine {
  std::string text;    ///< YAML, indented
  std::string origin;  ///< "recipe.yaml:12:5", "default", or ""
};

std::vector<RecipeLine> recipe_lines(const Node& tree);

}  // namespace tpretrain::report
