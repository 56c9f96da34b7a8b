#include <gtest/gtest.h>

#include "tests/core/support.h"

namespace tpretrain {
namespace {

using testing::error_of;
using testing::yaml;

std::string merged(const std::string& base, const std::string& over) {
  Node tree = yaml(base);
  merge_nodes(tree, yaml(over));
  return write_yaml(tree);
}

std::string same(const std::string& text) {
  return write_yaml(yaml(text));
}

TEST(MergeNodes, MapsMergeKeyByKey) {
  EXPECT_EQ(merged("a: {b: 1, c: 2}", "a: {c: 3, d: 4}"), same("a: {b: 1, c: 3, d: 4}"));
}

TEST(MergeNodes, ListsReplace) {
  EXPECT_EQ(merged("model: {freeze: [a, b]}", "model: {freeze: [c]}"),
            same("model: {freeze: [c]}"));
}

TEST(MergeNodes, TheSameChoiceMergesItsConfig) {
  EXPECT_EQ(merged("train: {optimizer: {adamw: {lr: 1, eps: 2}}}",
                   "train: {optimizer: {adamw: {lr: 3}}}"),
            same("train: {optimizer: {adamw: {lr: 3, eps: 2}}}"));
}

TEST(MergeNodes, AnEmbeddingOfOneComponentIsAChoice) {
  EXPECT_EQ(
      merged("model: {embedding: {word: {width: 8}}}", "model: {embedding: {patch: {size: 4}}}"),
      same("model: {embedding: {patch: {size: 4}}}"));
  EXPECT_EQ(
      merged("model: {embedding: {word: {width: 8}}}", "model: {embedding: {word: {init: 1}}}"),
      same("model: {embedding: {word: {width: 8, init: 1}}}"));
  EXPECT_EQ(
      merged("model: {embedding: {sum: [word], dropout: 0.1}}", "model: {embedding: {dropout: 0}}"),
      same("model: {embedding: {sum: [word], dropout: 0}}"));
}

TEST(MergeNodes, AnotherChoiceReplacesTheWhole) {
  EXPECT_EQ(merged("train: {optimizer: {adamw: {lr: 1}}}", "train: {optimizer: {lamb: {eps: 2}}}"),
            same("train: {optimizer: {lamb: {eps: 2}}}"));
}

TEST(MergeNodes, ABareNameOfTheSameChoiceKeepsItsConfig) {
  EXPECT_EQ(merged("train: {schedule: {linear: {warmup: 3}}}", "train: {schedule: linear}"),
            same("train: {schedule: {linear: {warmup: 3}}}"));
}

TEST(MergeNodes, AConfigFillsABareName) {
  EXPECT_EQ(merged("train: {schedule: linear}", "train: {schedule: {linear: {warmup: 3}}}"),
            same("train: {schedule: {linear: {warmup: 3}}}"));
}

TEST(MergeNodes, ChoicesInsideAChoiceFollowTheSameRule) {
  EXPECT_EQ(merged("model: {encoder: {transformer: {layers: 2, norm: {layer: {eps: 1}}}}}",
                   "model: {encoder: {transformer: {norm: rms}}}"),
            same("model: {encoder: {transformer: {layers: 2, norm: rms}}}"));
}

TEST(MergeNodes, DataSourcesAreChoices) {
  EXPECT_EQ(merged("data: {train: {text: {files: a}}}", "data: {train: {images: {files: b}}}"),
            same("data: {train: {images: {files: b}}}"));
}

class Extends : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(Extends, TheNearestFileOfAChainWins) {
  folder_.write("a.yaml", "x: 1\ny: 1\nz: 1\n");
  folder_.write("sub/b.yaml", "extends: ../a.yaml\ny: 2\nz: 2\n");
  const auto path = folder_.write("c.yaml", "extends: sub/b.yaml\nz: 3\n");
  const Node tree = read_extended(path);
  EXPECT_EQ(write_yaml(tree), same("x: 1\ny: 2\nz: 3"));
  EXPECT_EQ(tree.find("x")->mark().text(), (folder_.path() / "sub/../a.yaml").string() + ":1:1");
}

TEST_F(Extends, OfAListTheLaterBaseWins) {
  folder_.write("a.yaml", "x: 1\ny: 1\n");
  folder_.write("b.yaml", "y: 2\n");
  const auto path = folder_.write("c.yaml", "extends: [a.yaml, b.yaml]\n");
  EXPECT_EQ(write_yaml(read_extended(path)), same("x: 1\ny: 2"));
}

TEST_F(Extends, ACircleIsAnErrorWithItsPlace) {
  folder_.write("a.yaml", "extends: b.yaml\n");
  const auto path = folder_.write("b.yaml", "x: 1\nextends: a.yaml\n");
  const std::string error = error_of<ConfigError>([&] { read_extended(path); });
  EXPECT_HAS(error, "nested too deep (a circle?)");
  EXPECT_HAS(error, "b.yaml:2:1");
}

TEST_F(Extends, AMissingBaseSaysWhoAskedForIt) {
  const auto path = folder_.write("b.yaml", "x: 1\nextends: gone.yaml\n");
  const std::string error = error_of<Error>([&] { read_extended(path); });
  EXPECT_HAS(error, "gone.yaml");
  EXPECT_HAS(error, "extended at " + path.string() + ":2:1");
}

TEST_F(Extends, AMapOfBasesIsAnError) {
  const auto path = folder_.write("b.yaml", "extends: {a: b}\n");
  EXPECT_HAS(error_of<ConfigError>([&] { read_extended(path); }),
             "'extends' must be a file name or a list of them");
}

std::string set(const std::string& base, const std::string& option) {
  Node tree = yaml(base);
  apply_set(tree, option);
  return write_yaml(tree);
}

std::string set_error(const std::string& base, const std::string& option) {
  return error_of<ConfigError>([&] { set(base, option); });
}

TEST(ApplySet, ChangesAValueAndMarksItsOrigin) {
  Node tree = yaml("train: {batch: 4, clip: 1}");
  apply_set(tree, "train.batch=64");
  EXPECT_EQ(write_yaml(tree), same("train: {batch: 64, clip: 1}"));
  EXPECT_EQ(tree.find("train")->find("batch")->mark().source, "--set");
}

TEST(ApplySet, MakesTheMapsOnTheWay) {
  EXPECT_EQ(set("name: x", "train.optimizer.adamw.lr=1e-3"),
            same("name: x\ntrain: {optimizer: {adamw: {lr: 1e-3}}}"));
}

TEST(ApplySet, TheValueIsYamlAndMayHoldAnEqualsSign) {
  EXPECT_EQ(set("a: 1", "b={c: [1, 2]}"), same("a: 1\nb: {c: [1, 2]}"));
  EXPECT_EQ(set("a: 1", "b=c=d"), same("a: 1\nb: c=d"));
}

TEST(ApplySet, AddressesAListItemByItsName) {
  EXPECT_EQ(set("model: {target: [{mlm: {tie: x}}, {pair_match: {name: nsp}}]}",
                "model.target[nsp].weight=2"),
            same("model: {target: [{mlm: {tie: x}}, {pair_match: {name: nsp, weight: 2}}]}"));
}

TEST(ApplySet, AddressesAListItemByItsRegistryNameAndByIndex) {
  EXPECT_EQ(set("model: {target: [mlm, pair_match]}", "model.target[mlm].weight=2"),
            same("model: {target: [{mlm: {weight: 2}}, pair_match]}"));
  EXPECT_EQ(set("model: {target: [mlm, pair_match]}", "model.target[1].weight=2"),
            same("model: {target: [mlm, {pair_match: {weight: 2}}]}"));
}

TEST(ApplySet, AddressesItemsThatAreNoChoices) {
  const std::string groups = "train: {groups: [{match: a, lr: 1}, {match: b}, {}, ~]}";
  EXPECT_EQ(set(groups, "train.groups[0].lr=2"),
            same("train: {groups: [{match: a, lr: 2}, {match: b}, {}, ~]}"));
  EXPECT_EQ(set(groups, "train.groups[1].lr=2"),
            same("train: {groups: [{match: a, lr: 1}, {match: b, lr: 2}, {}, ~]}"));
  EXPECT_EQ(set(groups, "train.groups[2].match=c"),
            same("train: {groups: [{match: a, lr: 1}, {match: b}, {match: c}, ~]}"));
  EXPECT_EQ(set(groups, "train.groups[3].match=c"),
            same("train: {groups: [{match: a, lr: 1}, {match: b}, {}, {match: c}]}"));
  EXPECT_EQ(set_error("a: [[1]]", "a[0].b=2"), "--set a[0].b=2: 'a[]' is not a map");
}

TEST(ApplySet, ASingleTargetIsAListOfOne) {
  EXPECT_EQ(set("model: {target: {mlm: {tie: x}}}", "model.target[mlm].weight=2"),
            same("model: {target: [{mlm: {tie: x, weight: 2}}]}"));
}

TEST(ApplySet, AChoiceFollowsTheRuleOfMerging) {
  EXPECT_EQ(set("train: {schedule: linear}", "train.schedule.linear.warmup=5"),
            same("train: {schedule: {linear: {warmup: 5}}}"));
  EXPECT_EQ(set("train: {schedule: {linear: {warmup: 5}}}", "train.schedule=cosine"),
            same("train: {schedule: cosine}"));
}

TEST(ApplySet, AMalformedOptionIsAnErrorOfTheCommandLine) {
  const auto usage = [](const std::string& option) {
    return error_of<UsageError>([&] { set("a: [1]", option); });
  };
  EXPECT_EQ(usage("a"), "--set a: must be KEY=VALUE, for example train.batch=64");
  EXPECT_EQ(usage("=3"), "--set =3: must be KEY=VALUE, for example train.batch=64");
  EXPECT_EQ(usage("a..b=3"), "--set a..b=3: empty key");
  EXPECT_EQ(usage("a[0=3"), "--set a[0=3: '[' without ']'");
}

TEST(ApplySet, ErrorsNameTheOption) {
  EXPECT_EQ(set_error("a: 1", "a.b=3"), "--set a.b=3: 'a' is not a map");
  EXPECT_EQ(set_error("model: {target: [mlm]}", "model.target[nsp].weight=2"),
            "--set model.target[nsp].weight=2: the list has no item 'nsp'");
  EXPECT_EQ(set_error("train: {optimizer: {adamw: {lr: 1}}}", "train.optimizer.lamb.lr=2"),
            "--set train.optimizer.lamb.lr=2: 'adamw' is chosen there, not 'lamb'");
}

}  // namespace
}  // namespace tpretrain
