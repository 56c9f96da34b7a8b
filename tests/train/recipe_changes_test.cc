#include "train/recipe_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> changes(const char* before, const char* now) {
  return recipe_changes(parse_yaml(before, "before"), parse_yaml(now, "now"));
}

TEST(RecipeChanges, NameTheValueAndBothItsStates) {
  EXPECT_THAT(
      changes("{seed: 1, train: {batch: 8, lr: 1e-3}}", "{seed: 1, train: {batch: 16, lr: 1e-3}}"),
      ElementsAre("train.batch: 8 -> 16"));
  EXPECT_THAT(changes("{a: {b: 1}}", "{a: {c: 2}}"),
              ElementsAre("a.c: not there -> 2", "a.b: 1 -> not there"));
  EXPECT_THAT(changes("{a: null}", "{a: x}"), ElementsAre("a: null -> x"));
}

TEST(RecipeChanges, GoIntoListsOfTheSameLength) {
  EXPECT_THAT(changes("a: [{b: 1}, {b: 2}]", "a: [{b: 1}, {b: 3}]"), ElementsAre("a.1.b: 2 -> 3"));
  EXPECT_THAT(changes("a: [1]", "a: [1, 2]").size(), 1);
}

TEST(RecipeChanges, OfTheSameAreNone) {
  EXPECT_THAT(changes("{a: 1, b: {c: [1, 2]}}", "{b: {c: [1, 2]}, a: 1}"), IsEmpty());
}

}  // namespace
}  // namespace tpretrain
