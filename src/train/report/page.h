/// One self-contained HTML page about a run: no script, nothing loaded from anywhere, every text of
/// the run escaped. Equal runs have equal bytes.
#pragma once

#include <string>
#include <vector>

#include "train/report/recipe_lines.h"
#include "train/report/run_files.h"

namespace tpretrain::report {

struct RecipeSection {
  std::vector<RecipeLine> lines;  ///< empty: no resolved recipe
  std::string note;               ///< one sentence about the origins
};

std::string page(const RunFiles& files, const RecipeSection& recipe);

}  // namespace tpretrain::report
