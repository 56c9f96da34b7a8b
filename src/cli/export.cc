#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pretrain.h"
#include "train/exchange.h"

namespace tpretrain::cli {

void export_weights(const ExportArguments& arguments) {
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(arguments.recipe, arguments.sets, registry);
  WeightsFrom weights;
  (fs::is_directory(arguments.from) ? weights.run : weights.file) = arguments.from;
  weights.step = arguments.step;
  if (weights.step && weights.run.empty()) {
    throw UsageError("--step goes with a run directory, but " + arguments.from + " is none");
  }
  const fs::path folder = arguments.output;
  prepare_output(folder / "config.json");
  const ExportReport report = export_model(recipe, registry, weights, arguments.library, folder);
  std::vector<std::string> files;
  for (const fs::path& file : report.files) {
    files.push_back(file.string());
  }
  log::info("export", with_commas(static_cast<int64_t>(report.tensors.size())) + " tensors as " +
                          report.family + " of " + arguments.library + ": " + join(files, ", "));
  if (arguments.json) {
    print_json({{"family", report.family},
                {"library", arguments.library},
                {"tensors", report.tensors.size()},
                {"files", files}});
  }
}

}  // namespace tpretrain::cli
