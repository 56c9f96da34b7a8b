#include "tpretrain/core/relations.h"

#include <gtest/gtest.h>

namespace tpretrain {
namespace {

TEST(Relation, TheCounterpartKeepsWhatStandsBelowTheMatch) {
  const Relation layers{{"encoder.layers.*", {}}, "encoder.layers.0"};
  EXPECT_EQ(layers.counterpart("encoder.layers.3.norm.weight"), "encoder.layers.0.norm.weight");
  EXPECT_EQ(layers.counterpart("encoder.layers.0.norm.weight"), "encoder.layers.0.norm.weight");
  EXPECT_EQ(layers.counterpart("encoder.norm.weight"), "");
  const Relation tower{{"caption", {}}, "image"};
  EXPECT_EQ(tower.counterpart("caption.encoder"), "image.encoder");
  EXPECT_EQ(tower.counterpart("caption"), "image");
  EXPECT_EQ(tower.counterpart("captions.encoder"), "");
}

TEST(LastOwners, FollowsChainsAndLeavesCirclesOut) {
  using Names = std::map<std::string, std::string>;
  EXPECT_EQ(last_owners({{"a", "b"}, {"b", "c"}, {"d", "a"}}),
            (Names{{"a", "c"}, {"b", "c"}, {"d", "c"}}));
  EXPECT_EQ(last_owners({{"a", "b"}, {"b", "a"}, {"c", "d"}, {"e", "a"}}), (Names{{"c", "d"}}));
}

}  // namespace
}  // namespace tpretrain
