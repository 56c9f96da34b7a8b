/// Which trained model a command means.
#pragma once

#include "cli/options.h"
#include "tpretrain/core/recipe.h"
#include "train/weights.h"

namespace tpretrain::cli {

struct RunChoice {
  Recipe recipe;
  WeightsFrom weights;
};

/// A folder is a run directory and its resolved.yaml the recipe; a file is a recipe whose run is
/// --run or runs/<name>. Errors: NotFoundError, and those of load_recipe.
RunChoice choose_run(const RunArguments& arguments, const Registry& registry);

}  // namespace tpretrain::cli
