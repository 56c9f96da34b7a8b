#include <chrono>
#include <tuple>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pipeline.h"
#include "tpretrain/train/pretrain.h"
#include "train/zero_shot.h"

namespace tpretrain::cli {
namespace {

constexpr size_t kPlaces = 10;  ///< damaged pieces that are named

struct Checked {
  int64_t items = 0;
  int64_t samples = 0;
  int64_t bad = 0;
  std::vector<std::string> places;  ///< what is wrong with the first of them

  void add(const DataError& error) {
    ++bad;
    if (places.size() < kPlaces) {
      places.push_back(error.hint().empty() ? error.what() : error.what() + ("; " + error.hint()));
    }
  }
};

void check_pieces(const std::string& name, const Source& source, Checked& checked) {
  const int64_t pieces = source.pieces();
  const auto start = std::chrono::steady_clock::now();
  log::Progress progress;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    try {
      source.check(piece);
    } catch (const DataError& error) {
      checked.add(error);
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    const double left =
        spent.count() / static_cast<double>(piece + 1) * static_cast<double>(pieces - piece - 1);
    progress.update(fmt::format("{}: {} of {} checked | ETA {}", name, with_commas(piece + 1),
                                with_commas(pieces), human_seconds(left)));
  }
  progress.finish();
}

/// `open` gives the source and the number of samples that are made of it. What opening left out is
/// damaged as well, and what cannot be opened is.
template <typename Open>
Checked check_source(const std::string& name, Open open) {
  Checked checked;
  try {
    std::shared_ptr<const Source> source;
    std::tie(source, checked.samples) = open();
    checked.items = source->items();
    checked.bad = source->left_out();
    check_pieces(name, *source, checked);
  } catch (const DataError& error) {
    checked.add(error);
  }
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
  const auto take = [&](const std::string& name, const Checked& checked) {
    bad += checked.bad;
    report[name] = {{"items", checked.items},
                    {"samples", checked.samples},
                    {"bad", checked.bad},
                    {"places", checked.places}};
  };
  using Opened = std::pair<std::shared_ptr<const Source>, int64_t>;
  for (const auto& [name, split] : {std::pair{"train", Split::kTrain}, {"valid", Split::kValid}}) {
    if (split == Split::kTrain || recipe.config.data.valid) {
      take(name, check_source(name, [&, split = split]() -> Opened {
             const OpenData data = open_data(recipe, registry, tokenizer, split);
             return {data.source, data.stream->count()};
           }));
    }
  }
  if (recipe.config.validate.zero_shot) {
    take("zero_shot", check_source("zero_shot", [&]() -> Opened {
           const auto source = open_labelled(*recipe.config.validate.zero_shot, registry);
           return {source, source->items()};
         }));
  }
  if (arguments.json) {
    print_json(report);
  }
  if (bad > 0) {
    throw DataError(with_commas(bad) + " damaged, see above");
  }
}

}  // namespace tpretrain::cli
