#include "cli/picture_inputs.h"

#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"
#include "tpretrain/core/recipe.h"

namespace tpretrain::cli {
namespace {

struct Ending {
  const char* text;
  const char* source;
};

constexpr Ending kEndings[] = {{".csv", "table"},         {".tsv", "table"},
                               {".json", "json_lines"},   {".jsonl", "json_lines"},
                               {".ndjson", "json_lines"}, {".tar", "shards"}};

/// The source that reads an input; none for a recipe.
std::optional<std::string> source_of(const std::string& input) {
  if (fs::is_directory(input)) {
    return "image_folder";
  }
  if (input.ends_with(".yaml") || input.ends_with(".yml")) {
    return std::nullopt;
  }
  for (const Ending& ending : kEndings) {
    if (input.ends_with(ending.text)) {
      return ending.source;
    }
  }
  throw UsageError("cannot tell what '" + input + "' is",
                   "name a folder of pictures, .csv, .tsv, .jsonl or .tar files, or a recipe");
}

}  // namespace

std::optional<Choice> picture_choice(const std::vector<std::string>& inputs,
                                     const std::vector<std::string>& sets) {
  const std::optional<std::string> source = source_of(inputs.front());
  if (!source) {
    return std::nullopt;
  }
  Node config = Node::map();
  if (*source == "image_folder") {
    if (inputs.size() != 1) {
      throw UsageError("one folder of pictures at a time");
    }
    config.set("path", Node::scalar(inputs.front(), {}, true));
  } else {
    std::vector<Node> files;
    for (const std::string& input : inputs) {
      if (source_of(input) != source) {
        throw UsageError("files must be of one kind, but '" + inputs.front() + "' and '" + input +
                         "' differ");
      }
      files.push_back(Node::scalar(input, {}, true));
    }
    config.set("files", Node::list(std::move(files)));
  }
  for (const std::string& set : sets) {
    apply_set(config, set);
  }
  return Choice{*source, std::move(config), {}};
}

std::shared_ptr<ItemSource> open_pictures(const Choice& choice, const Registry& registry) {
  Faults faults;
  registry.check("source", choice, "source", faults);
  faults.raise_if_any();
  auto items = std::dynamic_pointer_cast<ItemSource>(registry.make<Source>(choice, {}));
  if (items == nullptr) {
    throw ConfigError("the source '" + choice.name + "' gives text, not pictures",
                      "sources of pictures: shards, image_folder, table, json_lines");
  }
  return items;
}

}  // namespace tpretrain::cli
