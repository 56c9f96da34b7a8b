#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"
#include "tpretrain/train/pipeline.h"
#include "tpretrain/train/pretrain.h"
#include "train/optimizers.h"

namespace tpretrain::cli {
namespace {

/// Paths of the tokenizer that do not exist: composing does without them, training does not.
std::vector<std::string> missing_vocabulary(const Recipe& recipe, const Registry& registry) {
  const Choice& choice = recipe.config.tokenizer;
  std::vector<std::string> warnings;
  if (!choice) {
    return warnings;
  }
  const Registry::Entry& entry = registry.require("tokenizer", choice);
  const Node config = entry.complete(choice.config);
  for (const FieldDoc& field : entry.fields()) {
    const Node* value = field.type == "path" ? config.find(field.name) : nullptr;
    if (value != nullptr && !value->text().empty() && !fs::exists(value->text())) {
      warnings.push_back("tokenizer." + choice.name + "." + field.name + ": " + value->text() +
                         " does not exist");
    }
  }
  return warnings;
}

std::string pass_text(const PassSpec& pass) {
  std::vector<std::string> way;
  way.push_back(pass.source.empty()
                    ? pass.input.part
                    : pass.source + " from layer " + std::to_string(pass.from_layer));
  for (const std::string& part : {pass.encoder, pass.decoder, pass.pool, pass.project}) {
    if (!part.empty()) {
      way.push_back(part);
    }
  }
  return join(way, " -> ");
}

std::string widths(const PassInfo& info) {
  std::string text = "width " + std::to_string(info.width);
  text += info.pooled > 0 ? ", pooled " + std::to_string(info.pooled) : "";
  text += info.projected > 0 ? ", projected " + std::to_string(info.projected) : "";
  return text;
}

/// Comment lines, so that the whole output is a recipe again.
std::string summary(const Model& model) {
  std::vector<Row> rows;
  rows.push_back({"part", "parameters"});
  for (const auto& [part, count] : model.parameters_by_part()) {
    rows.push_back({"  " + part, with_commas(count)});
  }
  rows.push_back({"  all", with_commas(model.buffer().trained())});
  rows.push_back({"pass"});
  for (const PassSpec& pass : model.spec().passes) {
    rows.push_back({"  " + pass.name, pass_text(pass), widths(model.pass_info(pass.name))});
  }
  rows.push_back({"target"});
  for (const auto& target : model.targets()) {
    rows.push_back({"  " + target->name(), "reads " + join(target->passes(), ", ")});
  }
  return table(rows, "# ");
}

Json json_of(const Model& model, const std::vector<std::string>& warnings) {
  Json parts = Json::object();
  for (const auto& [part, count] : model.parameters_by_part()) {
    parts[part] = count;
  }
  Json passes = Json::array();
  for (const PassSpec& pass : model.spec().passes) {
    const PassInfo info = model.pass_info(pass.name);
    passes.push_back({{"name", pass.name},
                      {"view", info.view},
                      {"width", info.width},
                      {"pooled", info.pooled},
                      {"projected", info.projected}});
  }
  Json targets = Json::array();
  for (const TargetSpec& target : model.spec().targets) {
    targets.push_back({{"name", target.name}, {"component", target.component.name}});
  }
  return {{"parameters", model.buffer().trained()},
          {"parameters_by_part", parts},
          {"passes", passes},
          {"targets", targets},
          {"warnings", warnings}};
}

}  // namespace

void compose(const ComposeArguments& arguments) {
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(arguments.recipe, arguments.sets, registry);
  std::vector<std::string> warnings = recipe.warnings;
  for (std::string& warning : missing_vocabulary(recipe, registry)) {
    warnings.push_back(std::move(warning));
  }
  const auto tokenizer =
      stated_vocabulary(recipe, registry) > 0 ? nullptr : open_tokenizer(recipe, registry);
  const auto processor =
      make_processor(recipe, registry, tokenizer, Split::kTrain, ProcessorUse::kCompose);
  const auto model = make_model(recipe, registry, tokenizer.get(), *processor);
  segment_rules(model->buffer(), recipe.config.train.groups);  // only what it says of wrong names
  for (const std::string& warning : warnings) {
    log::warn("compose", warning);
  }
  if (arguments.json) {
    print_json(json_of(*model, warnings));
    return;
  }
  const RecipeForm form = arguments.form == "full" ? RecipeForm::kFull : RecipeForm::kMinimal;
  print(write_yaml(recipe_tree(recipe, registry, form), &origin_comment) + "\n" + summary(*model));
}

}  // namespace tpretrain::cli
