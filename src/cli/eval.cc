#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/run_choice.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pretrain.h"
#include "train/evaluate.h"
#include "train/progress_line.h"

namespace tpretrain::cli {

void eval(const EvalArguments& arguments) {
  const Registry registry = builtin_registry();
  const RunChoice choice = choose_run(arguments, registry);
  const EvaluateResult result = evaluate(choice.recipe, registry, choice.weights);
  if (arguments.json) {
    const auto& step = result.weights.step;
    print_json({{"run", choice.weights.run.string()},
                {"step", step ? Json(*step) : Json(nullptr)},
                {"valid", report_json(result.valid)},
                {"baseline", baseline_json(result.baseline)}});
    return;
  }
  log::info("eval", result.weights.path.string() + ", " + with_commas(result.samples) +
                        " held-out samples");
  std::vector<Row> rows = {{"model", loss_text(result.valid)}};
  for (const auto& [name, report] : result.baseline) {
    rows.push_back({name, loss_text(report)});
  }
  print(table(rows));
}

}  // namespace tpretrain::cli
