#include "train/report/recipe_lines.h"

#include <gtest/gtest.h>

#include "tpretrain/base/yaml.h"

namespace tpretrain::report {
namespace {

/// "text|origin" of each line.
std::vector<std::string> rows(const Node& tree) {
  std::vector<std::string> out;
  for (const RecipeLine& line : recipe_lines(tree)) {
    out.push_back(line.text + "|" + line.origin);
  }
  return out;
}

TEST(RecipeLines, SplitValueAndOriginWhateverTheValueHolds) {
  const Node tree = parse_yaml("a: \"x  # y\"\nb: {c: [1, 2]}\nd: []\n", "r.yaml");
  EXPECT_EQ(rows(tree), (std::vector<std::string>{"a: \"x  # y\"|r.yaml:1:1", "b:|", "  c:|",
                                                  "    - 1|r.yaml:2:9", "    - 2|r.yaml:2:12",
                                                  "d: []|r.yaml:3:1"}));
}

TEST(RecipeLines, WithoutMarksHaveNoOrigin) {
  const Node tree = Node::map({{"a", Node::scalar("1")}});
  EXPECT_EQ(rows(tree), (std::vector<std::string>{"a: 1|"}));
}

TEST(WithOrigins, TakesMarksWhereTheValuesAgree) {
  const Node resolved = parse_yaml(
      "seed: 1\nclip: 2\nfile: /data/a.bin\nnorm: {rms: {eps: 1}}\nlist: [1, 2]\nmore: {x: 1}\n",
      "runs/a/resolved.yaml");
  const Node composed =
      parse_yaml("seed: 1\nclip: 1\nfile: /runs/data/a.bin\nnorm: {layer: {eps: 1}}\nlist: [1]\n",
                 "runs/a/recipe.yaml");
  EXPECT_EQ(rows(with_origins(resolved, composed, "runs/a")),
            (std::vector<std::string>{"seed: 1|recipe.yaml:1:1", "clip: 2|set at start",
                                      "file: /data/a.bin|set at start", "norm:|", "  rms:|",
                                      "    eps: 1|set at start", "list:|", "  - 1|recipe.yaml:5:8",
                                      "  - 2|set at start", "more:|", "  x: 1|set at start"}));
}

TEST(WithOrigins, KeepsDefaultsAndOtherFiles) {
  Node composed = Node::map({{"a", Node::scalar("1", {"default", 0, 0})},
                             {"b", Node::scalar("2", {"runs/ab/recipe.yaml", 1, 1})}});
  EXPECT_EQ(rows(with_origins(composed, composed, "runs/a")),
            (std::vector<std::string>{"a: 1|default", "b: 2|runs/ab/recipe.yaml:1:1"}));
}

TEST(WithOrigins, AnotherKindOfValueIsAnotherValue) {
  const Node resolved = parse_yaml("a: {b: 1}\nc: null\n", "x");
  const Node composed = parse_yaml("a: [1]\nc: 1\n", "y");
  EXPECT_EQ(rows(with_origins(resolved, composed, "r")),
            (std::vector<std::string>{"a:|", "  b: 1|set at start", "c: null|set at start"}));
}

}  // namespace
}  // namespace tpretrain::report
