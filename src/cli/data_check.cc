#include <chrono>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pipeline.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

constexpr size_t kPlaces = 10;  ///< damaged pieces that are named

struct Checked {
  int64_t items = 0;
  int64_t samples = 0;
  int64_t bad = 0;
  std::vector<std::string> places;  ///< what is wrong with the first of them
};

Checked check_split(const std::string& name, const OpenData& data) {
  Checked checked{data.source->items(), data.stream->count(), 0, {}};
  const int64_t pieces = data.source->pieces();
  const auto start = std::chrono::steady_clock::now();
  log::Progress progress;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    try {
      data.source->check(piece);
    } catch (const DataError& error) {
      ++checked.bad;
      if (checked.places.size() < kPlaces) {
        checked.places.emplace_back(error.what());
      }
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    const double left =
        spent.count() / static_cast<double>(piece + 1) * static_cast<double>(pieces - piece - 1);
    progress.update(fmt::format("{}: {} of {} checked | ETA {}", name, with_commas(piece + 1),
                                with_commas(pieces), human_seconds(left)));
  }
  progress.finish();
  log::info("data",
            fmt::format("{}: {} items, {} samples, {} damaged", name, with_commas(checked.items),
                        with_commas(checked.samples), with_commas(checked.bad)));
  for (const std::string& place : checked.places) {
    log::warn("data", place);
  }
  return checked;
}

}  // namespace

void data_check(const DataCheckArguments& arguments) {
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(arguments.recipe, arguments.sets, registry);
  const auto tokenizer = open_tokenizer(recipe, registry);
  Json report = Json::object();
  int64_t bad = 0;
  for (const auto& [name, split] : {std::pair{"train", Split::kTrain}, {"valid", Split::kValid}}) {
    if (split == Split::kValid && !recipe.config.data.valid) {
      continue;
    }
    const Checked checked = check_split(name, open_data(recipe, registry, tokenizer, split));
    bad += checked.bad;
    report[name] = {{"items", checked.items},
                    {"samples", checked.samples},
                    {"bad", checked.bad},
                    {"places", checked.places}};
  }
  if (arguments.json) {
    print_json(report);
  }
  if (bad > 0) {
    throw DataError(with_commas(bad) + " damaged, see above");
  }
}

}  // namespace tpretrain::cli
