/// A recipe: one YAML file that names components and says how they are trained. Reading it merges
/// `extends:` bases, the file and `--set` options, expands listed environment variables and reports
/// every fault at once with file:line:column.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/model_spec.h"
#include "tpretrain/core/registry.h"

namespace tpretrain {

struct LoaderConfig {
  int64_t threads = 1;
  int64_t prefetch = 4;

  void describe(ConfigVisitor& v);
};

struct DataConfig {
  Choice train;
  Choice valid;
  Choice processor;
  LoaderConfig loader;

  void describe(ConfigVisitor& v);
};

/// First match wins; parameters with fewer than two dimensions are not decayed by default.
struct ParameterGroup {
  std::string match;
  double lr = 1;              ///< factor of the learning rate
  std::optional<bool> decay;  ///< apply weight decay
  Mark mark;                  ///< where it stands

  void describe(ConfigVisitor& v);
};

enum class TrainMode { kFast, kExact };

struct TrainConfig {
  Quantity duration;           ///< steps, epochs, samples or tokens
  int64_t batch = 0;           ///< global batch in samples: the mathematics
  int64_t micro_batch = 0;     ///< what one device computes at once; 0: the whole batch
  int64_t virtual_shards = 0;  ///< the other spelling of micro_batch in exact mode
  TrainMode mode = TrainMode::kFast;
  Choice optimizer;
  Choice schedule;
  double clip = 0;  ///< global gradient norm; 0: off
  std::vector<ParameterGroup> groups;
  std::string precision = "fp32";
  std::string device = "auto";
  int64_t threads = 0;  ///< 0: all cores
  std::string blas = "auto";
  int64_t skip_limit = 10;  ///< non-finite steps in a row before training stops

  void describe(ConfigVisitor& v);
  /// Samples per micro-batch after both spellings are resolved.
  int64_t micro() const;

  int64_t shards() const { return batch / micro(); }
};

/// Classes told from their names alone, by a model of pictures and texts.
struct ZeroShotConfig {
  Choice source;                     ///< pictures with classes
  std::vector<std::string> classes;  ///< names by label; empty: those of the source
  std::vector<std::string> templates{"a photo of a {}."};
  int64_t samples = 0;  ///< at most this many; 0: all

  void describe(ConfigVisitor& v);
};

struct ValidateConfig {
  Quantity every;          ///< steps; absent: never
  int64_t samples = 1024;  ///< at most this many of the held-out set
  std::optional<ZeroShotConfig> zero_shot;

  void describe(ConfigVisitor& v);
};

struct CheckpointConfig {
  Quantity every;  ///< steps; absent: only at the end
  int64_t keep = 3;

  void describe(ConfigVisitor& v);
};

struct LogConfig {
  int64_t every = 10;  ///< steps between lines of metrics.jsonl

  void describe(ConfigVisitor& v);
};

struct RecipeConfig {
  std::string name;
  int64_t seed = 1;
  std::vector<std::string> env;
  Choice tokenizer;
  DataConfig data;
  Node model;
  TrainConfig train;
  ValidateConfig validate;
  CheckpointConfig checkpoint;
  LogConfig log;

  void describe(ConfigVisitor& v);
};

struct Recipe {
  std::filesystem::path path;
  std::string text;  ///< the file as it was read, kept in the run directory
  Node tree;         ///< merged, before typed reading
  RecipeConfig config;
  ModelSpec model;
  std::vector<std::string> warnings;

  /// Identity of what was asked for: of the merged text without the name.
  std::string hash() const;
};

/// Reads, merges, checks. `sets`: "a.b=c" options in order. Errors: ConfigError with all faults.
Recipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& sets,
                   const Registry& registry);

enum class RecipeForm {
  kMinimal,  ///< what was written, merged
  kFull,     ///< the full form of the model and every default
};

/// The recipe as a tree; reading the full form again gives the same recipe.
Node recipe_tree(const Recipe& recipe, const Registry& registry, RecipeForm form);

/// Merging (recipe_merge.cc), exposed for tests: maps merge, lists replace, a choice with the same
/// name merges its config and another name replaces it whole.
void merge_nodes(Node& base, const Node& over, const std::string& path = "");
/// Applies "model.target[nsp].weight=2". Errors: ConfigError.
void apply_set(Node& tree, const std::string& option);
/// Reads a file and its `extends:` bases, merged.
Node read_extended(const std::filesystem::path& path);

}  // namespace tpretrain
