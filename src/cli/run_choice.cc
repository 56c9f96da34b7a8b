#include "cli/run_choice.h"

#include "tpretrain/base/error.h"

namespace tpretrain::cli {

RunChoice choose_run(const RunArguments& arguments, const Registry& registry) {
  RunChoice choice;
  choice.weights.file = arguments.weights;
  choice.weights.step = arguments.step;
  if (!fs::is_directory(arguments.recipe)) {
    choice.recipe = load_recipe(arguments.recipe, arguments.sets, registry);
    choice.weights.run = arguments.run.empty() ? fs::path("runs") / choice.recipe.config.name
                                               : fs::path(arguments.run);
    return choice;
  }
  if (!arguments.run.empty()) {
    throw UsageError("--run goes with a recipe, but " + arguments.recipe + " is a folder");
  }
  choice.weights.run = arguments.recipe;
  const fs::path resolved = choice.weights.run / "resolved.yaml";
  if (!fs::exists(resolved)) {
    throw NotFoundError(arguments.recipe + " is no run directory: it has no resolved.yaml");
  }
  choice.recipe = load_recipe(resolved, arguments.sets, registry);
  return choice;
}

}  // namespace tpretrain::cli
