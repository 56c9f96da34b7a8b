#include <gtest/gtest.h>

#include "base/config_sample.h"

namespace tpretrain {
namespace {

std::vector<FieldDoc> documented() {
  SampleConfig config;
  return document_config([&config](ConfigVisitor& v) { config.describe(v); });
}

FieldDoc find(const std::string& name) {
  for (const FieldDoc& field : documented()) {
    if (field.name == name) {
      return field;
    }
  }
  ADD_FAILURE() << name << " is not documented";
  return {};
}

TEST(DocumentConfig, ListsNestedFieldsInOrder) {
  std::vector<std::string> names;
  for (const FieldDoc& field : documented()) {
    names.push_back(field.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{
                       "causal", "layers",     "dropout",     "name",    "freeze",    "betas",
                       "max",    "clip",       "bias",        "encoder", "duration",  "vocab",
                       "files",  "rest",       "order",       "mask",    "mask.rate", "mask.token",
                       "extra",  "extra.rate", "extra.token", "width"}));
}

TEST(DocumentConfig, ShowsTypeDefaultRangeAndDoc) {
  const auto row = [](const std::string& name) {
    const FieldDoc field = find(name);
    return field.type + " | " + field.default_value + " | " + field.range + " | " + field.doc;
  };
  EXPECT_EQ(row("causal"), "boolean | false |  | Causal.");
  EXPECT_EQ(row("layers"), "integer | 12 | [1, 1024] | Number of blocks.");
  EXPECT_EQ(row("dropout"), "number | 0.1 | [0, 1) | Drop probability.");
  EXPECT_EQ(row("betas"), "list of numbers | [0.9, 0.999] | [0, 1] | Decays.");
  EXPECT_EQ(row("freeze"), "list of strings | [] |  | Patterns.");
  EXPECT_EQ(row("max"), "integer | none | [1, inf) | Most.");
  EXPECT_EQ(row("encoder"), "choice of encoder | none |  | Encoder.");
  EXPECT_EQ(row("duration"), "count in steps, epochs | 1k steps | (0, inf) | Duration.");
  EXPECT_EQ(row("order"), "one of post, pre | post |  | Order.");
  EXPECT_EQ(row("mask.token"), "string | required |  | Mask token.");
  EXPECT_EQ(row("extra"), "map | none |  | More masking.");
  EXPECT_EQ(row("width"), "integer or 'auto' | 4 |  | Width.");
}

}  // namespace
}  // namespace tpretrain
