// The shipped recipes: exact parameter counts, and one training step each at full size.
#include <ATen/core/Tensor.h>

#include <gtest/gtest.h>

#include "tpretrain/core/model.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain {
namespace {

struct Size {
  const char* name;
  int64_t parameters;
};

class BertRecipe : public testing::TestWithParam<Size> {};

TEST_P(BertRecipe, HasThePublishedNumberOfParameters) {
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(
      std::string(TP_SOURCE_DIR "/configs/bert/") + GetParam().name + ".yaml", {}, registry);
  const Model model(recipe.model, {.seed = 1, .vocabulary = 30522, .positions = {{"text", 512}}},
                    registry);
  EXPECT_EQ(model.buffer().trained(), GetParam().parameters);
}

INSTANTIATE_TEST_SUITE_P(Sizes, BertRecipe,
                         testing::Values(Size{"tiny", 4433468}, Size{"mini", 11267900},
                                         Size{"small", 29058876}, Size{"medium", 41668412},
                                         Size{"base", 110106428}, Size{"large", 336226108}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Recipes, TheFullFormBuildsTheSameModelBitForBit) {
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(TP_SOURCE_DIR "/configs/bert/tiny.yaml", {}, registry);
  Faults faults;
  const Node full = expand_model(write_model_spec(recipe.model, registry), faults);
  const ModelSpec again = read_model_spec(full, registry, faults);
  EXPECT_EQ(faults.lines(), std::vector<std::string>());
  const ModelContext context{.seed = 7, .vocabulary = 1000, .positions = {{"text", 512}}};
  const Model a(recipe.model, context, registry);
  const Model b(again, context, registry);
  EXPECT_EQ(a.buffer().segments().size(), b.buffer().segments().size());
  EXPECT_TRUE(a.buffer().flat().equal(b.buffer().flat()));
}

}  // namespace
}  // namespace tpretrain
