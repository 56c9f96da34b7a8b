#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/picture_inputs.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/data/pack.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

Choice choice_of(const DataPackArguments& arguments, const Registry& registry) {
  if (const auto pictures = picture_choice(arguments.inputs, arguments.sets)) {
    return *pictures;
  }
  if (arguments.inputs.size() != 1) {
    throw UsageError("data pack takes one recipe, or pictures");
  }
  const Recipe recipe = load_recipe(arguments.inputs.front(), arguments.sets, registry);
  const DataConfig& data = recipe.config.data;
  const Choice& choice = arguments.split == "train" ? data.train : data.valid;
  if (!choice) {
    throw ConfigError("missing key 'data." + arguments.split + "': where samples come from");
  }
  return choice;
}

void say(const PackReport& report, const std::string& output, double seconds) {
  log::info("data", fmt::format("{}: {} items, {} captions, {} classes in {} shards, {} in {}",
                                output, with_commas(report.items), with_commas(report.captions),
                                with_commas(report.labels), report.shards.size(),
                                human_bytes(report.bytes), human_seconds(seconds)));
  if (report.skipped > 0) {
    log::warn("data", fmt::format("{} items are left out, first: {}", with_commas(report.skipped),
                                  join(report.places, "; ")));
  }
}

}  // namespace

void data_pack(const DataPackArguments& arguments) {
  const Registry registry = builtin_registry();
  const auto source = open_pictures(choice_of(arguments, registry), registry);
  PackOptions options;
  options.output = arguments.output;
  options.samples = arguments.samples;
  options.max_side = arguments.max_side;
  options.overwrite = arguments.overwrite;
  prepare_output(options.output);
  log::Progress progress;
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const PackReport report = pack(*source, options, [&](int64_t items) {
    const double rate = static_cast<double>(items) / std::max(seconds(), 1e-3);
    const auto left = static_cast<double>(source->items() - items);
    progress.update(fmt::format("{} {} of {} items | {:.0f}/s | ETA {}", arguments.output,
                                with_commas(items), with_commas(source->items()), rate,
                                human_seconds(left / rate)));
  });
  progress.finish();
  say(report, arguments.output, seconds());
  if (arguments.json) {
    Json shards = Json::array();
    for (const fs::path& shard : report.shards) {
      shards.push_back(shard.string());
    }
    print_json({{"shards", shards},
                {"items", report.items},
                {"captions", report.captions},
                {"labels", report.labels},
                {"shrunk", report.shrunk},
                {"skipped", report.skipped},
                {"bytes", report.bytes},
                {"seconds", seconds()}});
  }
}

}  // namespace tpretrain::cli
