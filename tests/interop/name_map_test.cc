#include "tpretrain/interop/name_map.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/interop/weights.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

std::vector<std::string> names_of(testing::Weights weights) {
  std::vector<std::string> names;
  for (const WeightSlot& slot : weights.slots()) {
    names.push_back(slot.name);
  }
  return names;
}

TEST(NameMap, AStarStandsForOneNumber) {
  EXPECT_EQ(match_name("a.*.b", "a.12.b"), "12");
  EXPECT_EQ(match_name("a.b", "a.b"), "");
  EXPECT_FALSE(match_name("a.*.b", "a..b"));
  EXPECT_FALSE(match_name("a.*.b", "a.x.b"));
  EXPECT_FALSE(match_name("a.*.b", "a.1.2.b"));
  EXPECT_FALSE(match_name("a.*.b", "a.1.bc"));
  EXPECT_FALSE(match_name("a.*.a", "a.a")) << "head and tail do not overlap";
}

TEST(NameMap, RulesComeWithNumbersFilledInOnceForEachParameter) {
  const WeightFamily& family = weight_family("clip", "hf");
  const auto rules = rules_for(
      family, {"text.encoder.layers.11.attention.qkv.bias", "image.project.weight", "unknown"});
  ASSERT_EQ(rules.size(), 2u);
  ASSERT_EQ(rules[0].theirs.size(), 3u);
  EXPECT_EQ(rules[0].theirs[1], "text_model.encoder.layers.11.self_attn.k_proj.bias");
  EXPECT_EQ(rules[1].theirs[0], "visual_projection.weight");
}

TEST(NameMap, ARuleNeedsAllOfItsParameters) {
  const WeightFamily family{
      .name = "own", .library = "own", .rules = {{.ours = {"q", "kv"}, .theirs = {"in"}}}};
  EXPECT_TRUE(rules_for(family, {"q"}).empty());
  EXPECT_EQ(rules_for(family, {"kv", "x", "q"}).size(), 1u) << "once for both";
}

TEST(NameMap, GoldenModelsAreCoveredInEveryLibrary) {
  const std::pair<const char*, std::vector<std::string>> models[] = {
      {"clip", names_of(testing::clip_weights())},
      {"siglip", names_of(testing::siglip_weights())},
      {"vit", names_of(testing::vit_weights("image."))},
      {"vit", names_of(testing::vit_weights(""))}};
  for (const WeightFamily& family : weight_families()) {
    for (const auto& [name, names] : models) {
      if (family.name != name) {
        continue;
      }
      size_t covered = 0;
      std::set<std::string> theirs;
      for (const NameRule& rule : rules_for(family, names)) {
        covered += rule.ours.size();
        for (const std::string& foreign : rule.theirs) {
          EXPECT_TRUE(theirs.insert(foreign).second) << foreign << " is given twice";
        }
      }
      EXPECT_EQ(covered, names.size()) << family.name << " " << family.library;
    }
  }
}

TEST(NameMap, UnknownFamiliesAreNamedWithThoseThereAre) {
  try {
    weight_family("clip", "timm");
    FAIL();
  } catch (const NotFoundError& error) {
    EXPECT_NE(std::string(error.what()).find("clip of open_clip"), std::string::npos);
  }
}

}  // namespace
}  // namespace tpretrain
