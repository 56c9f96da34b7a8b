#include "tpretrain/core/recipe.h"

#include <cstdlib>

#include <ATen/ops/equal.h>

#include <gtest/gtest.h>

#include "tests/core/support.h"
#include "tpretrain/core/model.h"

namespace tpretrain {
namespace {

using testing::core_registry;
using testing::error_of;

const std::string kModel = R"(
model:
  embedding: {sum: [word, {position: {max: 16}}], norm: layer, dropout: 0.1}
  encoder: {transformer: {layers: 1, hidden: 8, heads: 2}}
  pool: {cls: {dense: tanh}}
  target: [{mlm: {tie: embedding.word}}, {pair_match: {name: nsp}}]
)";

const std::string kTrain = R"(
train:
  duration: 10 steps
  optimizer: {sgd: {size: 3}}
  schedule: flat
)";

class RecipeFile : public ::testing::Test {
 protected:
  Recipe load(const std::string& text, const std::vector<std::string>& sets = {}) {
    return load_recipe(folder_.write("recipe.yaml", text), sets, core_registry());
  }

  /// With a model, so that only `text` can be wrong.
  std::string fault(const std::string& text) {
    return error_of<ConfigError>([&] { load("name: test\n" + text + kModel); });
  }

  TrainConfig train(const std::string& keys) {
    return load("name: test\ntrain: {" + keys + "}\n" + kModel).config.train;
  }

  std::string train_fault(const std::string& keys) { return fault("train: {" + keys + "}\n"); }

  TemporaryFolder folder_;
};

TEST_F(RecipeFile, AllFaultsAreReportedTogetherWithTheirPlaces) {
  const std::string error = error_of<ConfigError>([&] {
    load(R"(name: test
sed: 3
train:
  clip: strong
  skip_limit: -1
  optimizer: sgdd
model:
  embedding: [word]
  encoder: {transformer: {hiden: 8}}
  target: mlmm
)");
  });
  EXPECT_HAS(error, "recipe.yaml:2:1: unknown key 'sed'; did you mean 'seed'?");
  EXPECT_HAS(error, "recipe.yaml:4:3: 'train.clip' must be a number");
  EXPECT_HAS(error, "but is 'strong'");
  EXPECT_HAS(error, "recipe.yaml:5:3: 'train.skip_limit' must be an integer in [0, ");
  EXPECT_HAS(error, "recipe.yaml:6:3: unknown optimizer 'sgdd'; did you mean 'sgd'?");
  EXPECT_HAS(error, "recipe.yaml:9:27: unknown key");
  EXPECT_HAS(error, "did you mean 'hidden'?");
  EXPECT_HAS(error, "recipe.yaml:10:3: unknown target 'mlmm'; did you mean 'mlm'?");
}

TEST_F(RecipeFile, NameAndModelAreRequired) {
  const std::string error = error_of<ConfigError>([&] { load("seed: 1\n"); });
  EXPECT_HAS(error, "the key 'name' is missing");
  EXPECT_HAS(error, "the key 'model' is missing");
  EXPECT_HAS(error_of<ConfigError>([&] { load("name: a/b\n" + kModel); }),
             "'name' must be 1 to 100 letters");
  EXPECT_HAS(error_of<ConfigError>(
                 [&] { load("name: x\nmodel: {embedding: word, encoder: transformer}\n"); }),
             "missing key 'model.target'");
}

TEST_F(RecipeFile, BatchesAreCountsOfSamples) {
  EXPECT_EQ(train("batch: 256 samples").batch, 256);
  EXPECT_EQ(train("batch: 1k samples").batch, 1000);
  EXPECT_EQ(train("batch: 12").batch, 12);
  EXPECT_HAS(train_fault("batch: 3 steps"), "'train.batch'");
  EXPECT_HAS(train_fault("batch: 2.5 samples"), "'batch' must be a whole number of samples");
}

TEST_F(RecipeFile, DurationsKeepTheirUnit) {
  const TrainConfig config = train("duration: 2G tokens");
  EXPECT_EQ(config.duration.value, 2e9);
  EXPECT_EQ(config.duration.unit, "tokens");
  EXPECT_HAS(train_fault("duration: 3 min"), "'train.duration'");
  EXPECT_HAS(train_fault("duration: 0 steps"), "'train.duration'");
}

TEST_F(RecipeFile, TheMicroBatchDividesTheBatch) {
  EXPECT_EQ(train("batch: 12, micro_batch: 4").micro(), 4);
  EXPECT_EQ(train("batch: 12, micro_batch: 4").shards(), 3);
  EXPECT_EQ(train("batch: 12").micro(), 12);
  EXPECT_HAS(train_fault("batch: 12, micro_batch: 5"), "'micro_batch' must divide 'batch'");
}

TEST_F(RecipeFile, ExactModeNeedsAPowerOfTwoOfShards) {
  EXPECT_EQ(train("mode: exact, batch: 12, virtual_shards: 4").micro(), 3);
  EXPECT_EQ(train("mode: exact, batch: 12, micro_batch: 3").shards(), 4);
  EXPECT_HAS(train_fault("mode: exact, batch: 12, micro_batch: 4"), "must be a power of two");
  EXPECT_HAS(train_fault("mode: exact, batch: 12, virtual_shards: 2, micro_batch: 6"),
             "'virtual_shards' and 'micro_batch' say the same: give one");
  EXPECT_HAS(train_fault("batch: 12, virtual_shards: 4"), "'virtual_shards' needs 'mode: exact'");
}

TEST_F(RecipeFile, VirtualShardsDivideTheBatch) {
  const std::string text = "'virtual_shards' must divide 'batch'";
  EXPECT_HAS(train_fault("mode: exact, batch: 4, virtual_shards: 8"), text);
  EXPECT_HAS(train_fault("mode: exact, batch: 8, virtual_shards: 3"), text);
}

TEST_F(RecipeFile, GroupsAreAListWithPatterns) {
  const TrainConfig config = train("groups: [{match: encoder, lr: 0.5}, {match: x, decay: false}]");
  ASSERT_EQ(config.groups.size(), 2U);
  EXPECT_EQ(config.groups[0].match, "encoder");
  EXPECT_EQ(config.groups[0].lr, 0.5);
  EXPECT_FALSE(config.groups[0].decay.has_value());
  EXPECT_EQ(config.groups[1].decay, false);
  EXPECT_HAS(train_fault("groups: {match: x}"), "'train.groups' must be a list");
  EXPECT_HAS(train_fault("groups: [{lr: 1}]"), "'train.groups.match' is missing");
}

TEST_F(RecipeFile, AVariableIsExpandedWhenItIsListed) {
  setenv("TPRETRAIN_TEST_NAME", "from-env", 1);
  const Recipe recipe =
      load("name: a-${env:TPRETRAIN_TEST_NAME}-b\nenv: [TPRETRAIN_TEST_NAME]\n" + kModel);
  EXPECT_EQ(recipe.config.name, "a-from-env-b");
  EXPECT_EQ(recipe.tree.find("name")->text(), "a-from-env-b") << "the value is kept";
}

TEST_F(RecipeFile, AVariableThatIsNotListedOrNotSetIsAFault) {
  unsetenv("TPRETRAIN_TEST_GONE");
  EXPECT_HAS(error_of<ConfigError>([&] { load("name: ${env:HOME}\n" + kModel); }),
             "recipe.yaml:1:1: ${env:HOME} must be listed under 'env'");
  EXPECT_HAS(error_of<ConfigError>([&] {
               load("name: ${env:TPRETRAIN_TEST_GONE}\nenv: [TPRETRAIN_TEST_GONE]\n" + kModel);
             }),
             "environment variable 'TPRETRAIN_TEST_GONE' is not set");
  EXPECT_HAS(error_of<ConfigError>([&] { load("name: ${env:HOME\nenv: [HOME]\n" + kModel); }),
             "'${env:HOME' has no closing '}'");
}

TEST_F(RecipeFile, OptionsStandAboveTheFileAndTheFileAboveItsBase) {
  folder_.write("base.yaml", "name: base\nseed: 1\nlog: {every: 3}\n" + kModel);
  const Recipe recipe = load("extends: base.yaml\nname: own\nseed: 2\n", {"seed=3"});
  EXPECT_EQ(recipe.config.name, "own");
  EXPECT_EQ(recipe.config.seed, 3);
  EXPECT_EQ(recipe.config.log.every, 3);
  EXPECT_EQ(recipe.text, "extends: base.yaml\nname: own\nseed: 2\n");
}

TEST_F(RecipeFile, Bf16OnTheCpuIsAWarning) {
  ASSERT_EQ(load("name: x\ntrain: {precision: bf16}\n" + kModel).warnings.size(), 1U);
  EXPECT_TRUE(load("name: x\n" + kModel).warnings.empty());
  EXPECT_HAS(train_fault("precision: fp8"), "'precision' must be fp32 or bf16");
}

TEST_F(RecipeFile, TheHashIsOfWhatIsComputed) {
  const std::string base = load("name: x\n" + kModel).hash();
  EXPECT_EQ(load("name: other\n" + kModel).hash(), base);
  EXPECT_EQ(load("# a comment\nname: x\n" + kModel).hash(), base);
  EXPECT_NE(load("name: x\nseed: 2\n" + kModel).hash(), base);
  EXPECT_NE(load("name: x\n" + kModel, {"model.target[nsp].weight=2"}).hash(), base);
}

class FullForm : public RecipeFile {
 protected:
  /// Reads the full form of a recipe from another folder and compares trees and models.
  void expect_reads_back(const std::string& text) {
    const Recipe first = load(text);
    const Node full = recipe_tree(first, core_registry(), RecipeForm::kFull);
    const Recipe second =
        load_recipe(other_.write("resolved.yaml", write_yaml(full)), {}, core_registry());
    const Node again = recipe_tree(second, core_registry(), RecipeForm::kFull);
    EXPECT_EQ(write_yaml(again), write_yaml(full));
    const ModelContext context{.seed = 5, .vocabulary = 11, .positions = {{"text", 16}}};
    const Model a(first.model, context, core_registry());
    const Model b(second.model, context, core_registry());
    ASSERT_EQ(a.buffer().segments().size(), b.buffer().segments().size());
    for (size_t i = 0; i < a.buffer().segments().size(); ++i) {
      EXPECT_EQ(a.buffer().segments()[i].name, b.buffer().segments()[i].name);
      EXPECT_EQ(a.buffer().segments()[i].frozen, b.buffer().segments()[i].frozen);
    }
    EXPECT_TRUE(at::equal(a.buffer().flat(), b.buffer().flat()));
  }

  TemporaryFolder other_;
};

TEST_F(FullForm, OfFivePartsReadsBackEqual) {
  expect_reads_back(
      "name: x\ntokenizer: {words: {size: 11, file: vocab.txt}}\n"
      "data: {train: memory, processor: {sentence_pair: {length: 16}}}\n" +
      kTrain + kModel + "  freeze: [embedding.position]\n");
}

TEST_F(FullForm, OfTowersReadsBackEqual) {
  expect_reads_back(R"(name: x
model:
  towers:
    a: {view: text, embedding: [word], encoder: {transformer: {layers: 1, hidden: 8, heads: 2}}, pool: cls, project: 4}
    b: {view: text, embedding: [word], encoder: {transformer: {layers: 1, hidden: 8, heads: 2}}, pool: cls}
  target: [{mlm: {pass: a, weight: 0.5}}, {mlm: {pass: b, name: other}}]
  share: {b.encoder: a.encoder}
  tie: {b.embedding.word: a.embedding.word}
)" + kTrain);
}

TEST_F(FullForm, OfPartsAndPassesReadsBackEqual) {
  expect_reads_back(R"(name: x
model:
  parts:
    in: {view: text, embedding: [{sum: [word, segment], norm: {layer: {eps: 1e-12}}}, {position: {max: 16}}]}
    trunk: {encoder: {transformer: {layers: 2, hidden: 8, heads: 2, order: pre}}}
  passes:
    low: {input: in, encoder: trunk, to_layer: 1, pool: cls}
    main: {input: in, encoder: trunk}
    late: {continue: main, from_layer: 1}
  target: {mlm: {pass: late}}
)" + kTrain);
}

TEST_F(FullForm, WritesDefaultsAndAbsolutePaths) {
  const Recipe recipe =
      load("name: x\ntokenizer: {words: {file: sub/vocab.txt}}\n" + kTrain + kModel);
  const Node full = recipe_tree(recipe, core_registry(), RecipeForm::kFull);
  const Node* words = full.find("tokenizer")->find("words");
  EXPECT_EQ(words->find("size")->text(), "7");
  EXPECT_EQ(words->find("file")->text(), (folder_.path() / "sub/vocab.txt").string());
  EXPECT_EQ(full.find("seed")->text(), "1");
  EXPECT_EQ(full.find("train")->find("optimizer")->find("sgd")->find("size")->text(), "3");
}

TEST_F(FullForm, TheMinimalFormIsWhatWasWritten) {
  const Recipe recipe = load("name: x\n" + kModel, {"seed=4"});
  const Node minimal = recipe_tree(recipe, core_registry(), RecipeForm::kMinimal);
  EXPECT_EQ(write_yaml(minimal), write_yaml(testing::yaml("name: x\n" + kModel + "seed: 4\n")));
}

}  // namespace
}  // namespace tpretrain
