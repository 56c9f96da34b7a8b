#include "tpretrain/core/norm_config.h"

#include <gtest/gtest.h>

#include "tests/core/support.h"

namespace tpretrain {
namespace {

std::string norm_faults(const std::string& text) {
  Faults faults;
  read_norm(*testing::yaml("norm: " + text).find("norm"), "model.norm", faults);
  return join(faults.lines(), "\n");
}

NormConfig norm(const std::string& text) {
  Faults faults;
  const NormConfig read =
      read_norm(*testing::yaml("norm: " + text).find("norm"), "model.norm", faults);
  faults.raise_if_any();
  return read;
}

TEST(NormConfig, ReadsNamesAndConfigs) {
  EXPECT_EQ(norm("none").kind, ops::NormKind::kNone);
  EXPECT_EQ(norm("layer").kind, ops::NormKind::kLayer);
  EXPECT_EQ(norm("layer").eps, 1e-5);
  EXPECT_EQ(norm("{rms: {eps: 1e-6}}").kind, ops::NormKind::kRms);
  EXPECT_EQ(norm("{rms: {eps: 1e-6}}").eps, 1e-6);
}

TEST(NormConfig, OnlyLayerNormHasABias) {
  EXPECT_TRUE(norm("layer").has_bias());
  EXPECT_FALSE(norm("rms").has_bias());
  EXPECT_FALSE(norm("none").has_bias());
  EXPECT_FALSE(static_cast<bool>(norm("none")));
  EXPECT_TRUE(static_cast<bool>(norm("rms")));
}

TEST(NormConfig, FaultsNameTheKeyAndTheNearest) {
  EXPECT_EQ(norm_faults("layr"),
            "test.yaml:1:1: 'model.norm': unknown norm 'layr'; did you mean 'layer'?");
  EXPECT_HAS(norm_faults("{layer: {eps: 2}}"), "'model.norm.layer.eps' must be a number in [0, 1]");
  EXPECT_HAS(norm_faults("{layer: {esp: 0}}"), "did you mean 'eps'?");
}

TEST(NormConfig, WritesWhatItReads) {
  for (const std::string text : {"none", "layer", "{rms: {eps: 0.25}}", "{layer: {eps: 1e-12}}"}) {
    const NormConfig first = norm(text);
    Faults faults;
    const NormConfig again = read_norm(write_norm(first), "norm", faults);
    EXPECT_TRUE(faults.empty());
    EXPECT_EQ(again.kind, first.kind);
    EXPECT_EQ(again.eps, first.eps);
  }
}

}  // namespace
}  // namespace tpretrain
