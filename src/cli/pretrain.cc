#include "tpretrain/train/pretrain.h"

#include "cli/commands.h"
#include "cli/json.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "train/progress_line.h"

namespace tpretrain::cli {
namespace {

PretrainOptions options_of(const PretrainArguments& arguments, RunState& state) {
  PretrainOptions options;
  options.run = arguments.run;
  options.stop_at = arguments.stop_at;
  options.max_seconds = arguments.max_seconds;
  options.allow_data_change = !arguments.allow.empty();
  options.on_open = [&state](const fs::path& run) { state.run = run; };
  options.on_step = [&state](const StepReport& report) { state.step = report.step; };
  if (arguments.fresh) {
    options.resume = ResumePolicy::kFresh;
  } else if (arguments.resume == "must") {
    options.resume = ResumePolicy::kMust;
  } else if (arguments.resume != "auto") {
    const auto step = parse_integer(arguments.resume);
    if (!step || *step < 0) {
      throw UsageError("--resume must be auto, must or a step, but is '" + arguments.resume + "'");
    }
    options.resume = ResumePolicy::kStep;
    options.resume_step = *step;
  }
  return options;
}

Json train_json(const StepReport& report) {
  Json out = report_json(report);
  out["lr"] = report.lr;
  out["grad_norm"] = report.grad_norm;
  return out;
}

Json json_of(const PretrainResult& result) {
  Json out = {{"run", result.run.string()}, {"step", result.step}};
  out["train"] = result.train.step > 0 ? train_json(result.train) : Json(nullptr);
  out["valid"] = result.valid ? report_json(*result.valid) : Json(nullptr);
  out["baseline"] = baseline_json(result.baseline);
  return out;
}

void say(const PretrainResult& result) {
  const std::string step = "step " + std::to_string(result.step);
  if (result.train.step > 0) {
    log::info("result", "train:   " + loss_text(result.train));
  }
  if (result.valid) {
    const std::string when = result.valid_step == result.step
                                 ? ""
                                 : " (of step " + std::to_string(result.valid_step) + ")";
    log::info("result", "valid:   " + loss_text(*result.valid) + when);
  }
  for (const auto& [name, report] : result.baseline) {
    log::info("result", name + ": " + loss_text(report));
  }
  log::info("result", step + " of the run in " + result.run.string());
}

}  // namespace

Outcome pretrain(const PretrainArguments& arguments, RunState& state) {
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(arguments.recipe, arguments.sets, registry);
  const PretrainResult result = tpretrain::pretrain(recipe, registry, options_of(arguments, state));
  if (!result.begun) {
    return {ExitStatus::kRequeue, "stopped before the fresh start; the earlier run is in place"};
  }
  state.step = result.step;
  say(result);
  if (arguments.json) {
    print_json(json_of(result));
  }
  if (result.requeue) {
    return {ExitStatus::kRequeue,
            "stopped before the end, step " + std::to_string(result.step) + " is committed"};
  }
  return {};
}

}  // namespace tpretrain::cli
