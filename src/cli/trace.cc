#include "train/trace.h"

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tpretrain/base/log.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {

void trace(const TraceArguments& arguments) {
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(arguments.recipe, arguments.sets, registry);
  TraceOptions options;
  options.weights = arguments.weights;
  options.batch = arguments.batch;
  options.gradients = arguments.gradients;
  options.output = arguments.output;
  prepare_output(options.output);
  const TraceResult result = tpretrain::trace(recipe, registry, options);
  log::info("trace", std::to_string(result.tensors) + " tensors in " + arguments.output);
  if (arguments.json) {
    Json losses = Json::object();
    losses["loss"] = result.loss;
    for (const auto& [name, loss] : result.losses) {
      losses["loss." + name] = loss;
    }
    print_json({{"output", arguments.output}, {"tensors", result.tensors}, {"losses", losses}});
  }
}

}  // namespace tpretrain::cli
