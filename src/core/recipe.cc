#include "tpretrain/core/recipe.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {

namespace {

const std::vector<std::string> kDurations = {"steps", "epochs", "samples", "tokens"};
constexpr double kMost = 1e12;

/// A number of samples: "256 samples" or 256.
void samples_field(ConfigVisitor& v, const char* name, int64_t& value, const char* doc) {
  Quantity quantity{static_cast<double>(value), "samples"};
  v.field(name, quantity, doc, {"samples"}, {.min = 0, .max = 1e8});
  v.check(quantity.value == std::floor(quantity.value),
          "'" + std::string(name) + "' must be a whole number of samples");
  value = static_cast<int64_t>(quantity.value);
}

bool power_of_two(int64_t value) {
  return value > 0 && (value & (value - 1)) == 0;
}

}  // namespace

void LoaderConfig::describe(ConfigVisitor& v) {
  v.field("threads", threads, "Threads that make batches ahead of the step.",
          {.min = 1, .max = 256});
  v.field("prefetch", prefetch, "Steps kept ready.", {.min = 1, .max = 1024});
}

void DataConfig::describe(ConfigVisitor& v) {
  v.field("train", train, "What is trained on.", "source");
  v.field("valid", valid, "The held-out set.", "source");
  v.field("processor", processor, "How samples are made from the source.", "processor");
  v.nested("loader", loader, "The threads between data and training.");
}

void ParameterGroup::describe(ConfigVisitor& v) {
  v.field("match", match, "Pattern over parameter names.");
  v.require("match");
  v.field("lr", lr, "Factor of the learning rate.", {.min = 0, .max = 1e6});
  v.field("decay", decay, "Whether weight decay applies.");
}

void TrainConfig::describe(ConfigVisitor& v) {
  v.field("duration", duration, "How long to train.", kDurations, {.min = 1, .max = kMost});
  samples_field(v, "batch", batch, "Global batch: the mathematics.");
  samples_field(v, "micro_batch", micro_batch, "Computed at once; 0: the whole batch.");
  v.field("virtual_shards", virtual_shards,
          "Shards of the batch in exact mode; the other spelling of micro_batch.",
          {.min = 0, .max = 1 << 20});
  v.choice("mode", mode, "How gradients are added up: in order, or on a fixed tree.",
           {"fast", "exact"});
  v.field("optimizer", optimizer, "The update rule.", "optimizer");
  v.field("schedule", schedule, "The learning rate over time.", "schedule");
  v.field("clip", clip, "Largest global gradient norm; 0: no clipping.", {.min = 0, .max = 1e9});
  v.custom(
      "groups", "list of groups", "Learning-rate factors and decay by name; first match wins.",
      [this](const Node& node, Faults& faults) {
        groups.clear();
        for (const Node& item : node.items()) {
          groups.emplace_back().mark = item.mark();
          read_struct(groups.back(), item, "train.groups", faults);
        }
        if (!node.is_list()) {
          faults.add(node.mark(), "'train.groups' must be a list of {match, lr, decay}");
        }
      },
      [this] {
        std::vector<Node> items;
        for (const ParameterGroup& group : groups) {
          items.push_back(dump_struct(group));
        }
        return Node::list(items);
      });
  v.field("precision", precision, "fp32, or bf16 on a GPU.");
  v.check(precision == "fp32" || precision == "bf16", "'precision' must be fp32 or bf16");
  v.field("device", device, "auto or cpu.");
  v.check(device == "auto" || device == "cpu",
          "'device' must be auto or cpu: this build has no CUDA library");
  v.field("threads", threads, "Threads that compute; 0: all cores.", {.min = 0, .max = 1024});
  v.field("blas", blas, "Matrix library on the CPU: auto, openblas or mkl.");
  v.check(blas == "auto" || blas == "openblas" || blas == "mkl",
          "'blas' must be auto, openblas or mkl");
  v.field("skip_limit", skip_limit, "Non-finite steps in a row before training stops.",
          {.min = 0, .max = 1e6});
  v.check(virtual_shards == 0 || micro_batch == 0,
          "'virtual_shards' and 'micro_batch' say the same: give one");
  v.check(virtual_shards == 0 || mode == TrainMode::kExact, "'virtual_shards' needs 'mode: exact'");
  v.check(batch == 0 || virtual_shards == 0 || batch % virtual_shards == 0,
          "'virtual_shards' must divide 'batch'");
  v.check(batch == 0 || batch % micro() == 0, "'micro_batch' must divide 'batch'");
  v.check(batch == 0 || mode == TrainMode::kFast || power_of_two(shards()),
          "in exact mode the number of shards (batch / micro_batch) must be a power of two");
}

int64_t TrainConfig::micro() const {
  if (virtual_shards > 0) {
    return std::max<int64_t>(1, batch / virtual_shards);
  }
  return micro_batch > 0 ? micro_batch : std::max<int64_t>(1, batch);
}

void ZeroShotConfig::describe(ConfigVisitor& v) {
  v.field("source", source, "Pictures with classes.", "source");
  v.require("source");
  v.field("classes", classes, "Names by label; absent: those that the source has.");
  v.field("templates", templates, "Texts around a name, which takes the place of {}.");
  v.check(!templates.empty() && std::all_of(templates.begin(), templates.end(),
                                            [](const std::string& text) {
                                              return text.find("{}") != std::string::npos;
                                            }),
          "every one of `templates` must hold {}: 'a photo of a {}.'");
  samples_field(v, "samples", samples, "At most this many pictures; 0: all.");
}

void ValidateConfig::describe(ConfigVisitor& v) {
  v.field("every", every, "Steps between two validations.", {"steps"}, {.min = 1, .max = kMost});
  samples_field(v, "samples", samples, "At most this many of the held-out set; 0: all.");
  v.nested("zero_shot", zero_shot, "Classification by the names of classes; absent: none.");
}

void CheckpointConfig::describe(ConfigVisitor& v) {
  v.field("every", every, "Steps between two checkpoints.", {"steps"}, {.min = 1, .max = kMost});
  v.field("keep", keep, "Checkpoints kept, the newest ones.", {.min = 2, .max = 1e6});
}

void LogConfig::describe(ConfigVisitor& v) {
  v.field("every", every, "Steps between two lines of metrics.", {.min = 1, .max = 1e6});
}

void RecipeConfig::describe(ConfigVisitor& v) {
  v.field("name", name, "Name of the run: letters, digits, '.', '_' and '-'.");
  v.require("name");
  v.check(!name.empty() && name.size() <= 100 &&
              std::all_of(name.begin(), name.end(),
                          [](unsigned char c) { return std::isalnum(c) || strchr("._-", c); }),
          "'name' must be 1 to 100 letters, digits, '.', '_' or '-'");
  v.field("seed", seed, "Root of every draw.", {.min = 0, .max = 9e15});
  v.field("env", env, "Environment variables that ${env:NAME} may name.");
  v.field("tokenizer", tokenizer, "Text to ids.", "tokenizer");
  v.nested("data", data, "Sources and processor.");
  v.raw("model", model, "The model, in any of the three forms.");
  v.require("model");
  v.nested("train", train, "The training loop.");
  v.nested("validate", validate, "Held-out evaluation.");
  v.nested("checkpoint", checkpoint, "What is kept.");
  v.nested("log", log, "What is written down.");
}

namespace {

/// Replaces ${env:NAME} in scalars; only names of the recipe's `env:` list.
void expand_environment(Node& node, const std::vector<std::string>& allowed, Faults& faults) {
  if (node.is_scalar()) {
    std::string text = node.text();
    size_t at = 0;
    bool changed = false;
    while ((at = text.find("${env:", at)) != std::string::npos) {
      const size_t end = text.find('}', at);
      if (end == std::string::npos) {
        faults.add(node.mark(), "'" + text.substr(at) + "' has no closing '}'");
        return;
      }
      const std::string name = text.substr(at + 6, end - at - 6);
      const char* value = std::getenv(name.c_str());
      if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
        faults.add(node.mark(), "${env:" + name + "} must be listed under 'env'");
        return;
      }
      if (value == nullptr) {
        faults.add(node.mark(), "environment variable '" + name + "' is not set");
        return;
      }
      text.replace(at, end - at + 1, value);
      at += std::string(value).size();
      changed = true;
    }
    if (changed) {
      node = Node::scalar(text, node.mark(), node.quoted());
    }
  }
  for (Node& item : node.items()) {
    expand_environment(item, allowed, faults);
  }
  for (auto& [key, value] : node.entries()) {
    expand_environment(value, allowed, faults);
  }
}

std::vector<std::string> listed_environment(const Node& tree) {
  std::vector<std::string> names;
  if (const Node* env = tree.find("env")) {
    for (const Node& item : env->items()) {
      names.push_back(item.text());
    }
  }
  return names;
}

/// A place of the recipe, outside of `model`, that chooses a registry entry.
struct ChoicePlace {
  std::vector<std::string> path;
  const char* kind;
  const Choice* choice;
};

std::vector<ChoicePlace> choice_places(const RecipeConfig& config) {
  std::vector<ChoicePlace> places = {{{"tokenizer"}, "tokenizer", &config.tokenizer},
                                     {{"data", "train"}, "source", &config.data.train},
                                     {{"data", "valid"}, "source", &config.data.valid},
                                     {{"data", "processor"}, "processor", &config.data.processor},
                                     {{"train", "optimizer"}, "optimizer", &config.train.optimizer},
                                     {{"train", "schedule"}, "schedule", &config.train.schedule}};
  if (config.validate.zero_shot) {
    places.push_back(
        {{"validate", "zero_shot", "source"}, "source", &config.validate.zero_shot->source});
  }
  return places;
}

Node complete(const Choice& choice, const char* kind, const Registry& registry) {
  return Node::map({{choice.name, registry.require(kind, choice).complete(choice.config)}},
                   choice.mark);
}

void complete_at(Node& tree, const ChoicePlace& place, const Registry& registry) {
  Node* at = &tree;
  for (size_t i = 0; i + 1 < place.path.size(); ++i) {
    at = at->find(place.path[i]);
  }
  if (*place.choice) {
    at->set(place.path.back(), complete(*place.choice, place.kind, registry));
  } else {
    at->erase(place.path.back());
  }
}

}  // namespace

Recipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& sets,
                   const Registry& registry) {
  Recipe recipe;
  recipe.path = path;
  recipe.tree = read_extended(path);
  recipe.text = FileSystem::posix().read_all(path, 1 << 20);
  for (const std::string& option : sets) {
    apply_set(recipe.tree, option);
  }
  Faults faults;
  expand_environment(recipe.tree, listed_environment(recipe.tree), faults);
  read_struct(recipe.config, recipe.tree, "", faults);
  for (const ChoicePlace& place : choice_places(recipe.config)) {
    registry.check(place.kind, *place.choice, join(place.path, "."), faults);
  }
  if (!recipe.config.model.is_null()) {
    const Node full = expand_model(recipe.config.model, faults);
    recipe.model = read_model_spec(full, registry, faults);
  }
  faults.raise_if_any();
  for (const std::string& part : recipe.model.unused_parts()) {
    recipe.warnings.push_back("'model.parts." + part + "' is in no pass: it will not be trained");
  }
  if (recipe.config.train.precision == "bf16") {
    recipe.warnings.push_back("precision bf16 is for GPUs: on the CPU training runs in fp32");
  }
  return recipe;
}

Node recipe_tree(const Recipe& recipe, const Registry& registry, RecipeForm form) {
  if (form == RecipeForm::kMinimal) {
    return recipe.tree;
  }
  const RecipeConfig& config = recipe.config;
  Node tree = dump_struct(config, recipe.tree);
  for (const ChoicePlace& place : choice_places(config)) {
    complete_at(tree, place, registry);
  }
  tree.set("model", write_model_spec(recipe.model, registry));
  return tree;
}

std::string Recipe::hash() const {
  Node copy = tree;
  copy.erase("name");
  const std::string text = write_yaml(copy);
  return xxh3_hex(text.data(), text.size());
}

}  // namespace tpretrain
