#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/shape_text.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pretrain.h"
#include "train/exchange.h"

namespace tpretrain::cli {
namespace {

std::string import_table(const ImportReport& report) {
  std::vector<Row> rows = {{"loaded", with_commas(static_cast<int64_t>(report.loaded.size())) +
                                          " parameters, as " + report.family + " of " +
                                          report.library}};
  for (const ResizedWeight& weight : report.resized) {
    rows.push_back(
        {"resized", weight.name, shape_text(weight.from) + " to " + shape_text(weight.to)});
  }
  for (const std::string& name : report.missing) {
    rows.push_back({"missing", name, "keeps the recipe's initial values"});
  }
  for (const std::string& name : report.unexpected) {
    rows.push_back({"unexpected", escape_control(name), "has no place in the recipe"});
  }
  return table(rows);
}

Json import_json(const ImportReport& report, const std::string& output) {
  Json resized = Json::array();
  for (const ResizedWeight& weight : report.resized) {
    resized.push_back({{"name", weight.name}, {"from", weight.from}, {"to", weight.to}});
  }
  return {{"output", output},        {"family", report.family},   {"library", report.library},
          {"loaded", report.loaded}, {"missing", report.missing}, {"unexpected", report.unexpected},
          {"resized", resized}};
}

}  // namespace

void import_weights(const ImportArguments& arguments) {
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(arguments.recipe, arguments.sets, registry);
  prepare_output(arguments.output);
  const ImportReport report = import_model(recipe, registry,
                                           {.from = arguments.from,
                                            .library = arguments.library,
                                            .partial = arguments.partial,
                                            .output = arguments.output});
  if (arguments.json) {
    print_json(import_json(report, arguments.output));
    return;
  }
  print(import_table(report));
  log::info("import", arguments.output + ": weights for `--weights`");
}

}  // namespace tpretrain::cli
