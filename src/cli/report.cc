#include <optional>

#include "cli/commands.h"
#include "cli/output.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"
#include "tpretrain/train/pretrain.h"
#include "train/report/page.h"

namespace tpretrain::cli {
namespace {

/// The recipe of a run, composed anew; none with the reason when that fails here.
std::optional<Node> composed_recipe(const fs::path& run, std::string& reason) {
  try {
    const Registry registry = builtin_registry();
    const Recipe recipe = load_recipe(run / "recipe.yaml", {}, registry);
    return recipe_tree(recipe, registry, RecipeForm::kFull);
  } catch (const Error& error) {
    reason = error.what();
    return std::nullopt;
  }
}

/// resolved.yaml has the values; the recipe beside it tells where they were written.
report::RecipeSection recipe_section(const fs::path& run) {
  report::RecipeSection section;
  Node resolved;
  try {
    resolved = read_yaml(run / "resolved.yaml");
  } catch (const Error& error) {
    section.note = std::string("There is no resolved recipe to show: ") + error.what();
    return section;
  }
  std::string reason;
  const std::optional<Node> composed = composed_recipe(run, reason);
  if (!composed) {
    section.note =
        "resolved.yaml, without origins: the recipe does not resolve in the run directory (" +
        reason + ").";
    section.lines = report::recipe_lines(report::without_origins(resolved));
    return section;
  }
  section.note = std::string("resolved.yaml with the place of each value in recipe.yaml. '") +
                 report::kSetAtStart +
                 "': given by --set, relative to the folder of the first recipe, or chosen by the "
                 "program.";
  section.lines = report::recipe_lines(report::with_origins(resolved, *composed, run));
  return section;
}

}  // namespace

void report(const ReportArguments& arguments) {
  const fs::path run = arguments.run;
  const fs::path output =
      arguments.output.empty() ? run / "report.html" : fs::path(arguments.output);
  const report::RunFiles files = report::read_run(FileSystem::posix(), run);
  for (const std::string& problem : files.problems) {
    log::warn("report", problem);
  }
  const std::string text = report::page(files, recipe_section(run));
  prepare_output(output);
  FileSystem::posix().replace(output, text);
  log::info("report", files.name + ", step " + with_commas(files.metrics.last_step) + ", " +
                          human_bytes(text.size()));
  print(output.string() + "\n");
}

}  // namespace tpretrain::cli
